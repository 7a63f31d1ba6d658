"""Runs a command in a pseudo-terminal: python3 terminal.py '{"command": [...], "cwd": "...", "keys": [["after", "send"]]}'

Writes what the command writes, and exits as it does (128 + n for signal n).
"""

import fcntl, json, os, pty, select, struct, sys, termios, time

ROWS, COLUMNS = 60, 150

request = json.loads(sys.argv[1])
limit_s = float(os.environ.get("TERMINAL_LIMIT_S", "50"))
pid, terminal = pty.fork()
if pid == 0:
    os.chdir(request["cwd"])
    os.execvp(request["command"][0], request["command"])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

output, seen, keys = b"", 0, request["keys"]
end = time.time() + limit_s
while time.time() < end:
    if not select.select([terminal], [], [], 0.1)[0]:
        continue
    try:
        part = os.read(terminal, 65536)
    except OSError:  # the terminal is closed: the command has ended
        break
    if not part:
        break
    output += part
    sys.stdout.buffer.write(part)
    while keys and (at := output.find(keys[0][0].encode(), seen)) >= 0:
        seen = at + len(keys[0][0].encode())
        os.write(terminal, keys.pop(0)[1].encode())
else:
    os.kill(pid, 9)
    sys.stderr.write("killed: it did not end\n")
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(status if status >= 0 else 128 - status)
