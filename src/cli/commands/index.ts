import { applyCommand } from "./apply.ts";
import type { Command } from "./command.ts";
import { doctorCommand } from "./doctor.ts";
import { explainCommand } from "./explain.ts";
import { gcCommand } from "./gc.ts";
import { planCommand } from "./plan.ts";
import { showCommand } from "./show.ts";
import { stateCommand } from "./state.ts";
import { validateCommand } from "./validate.ts";
import { verifyCommand } from "./verify.ts";

export const COMMANDS: readonly Command[] = [
  validateCommand,
  planCommand,
  applyCommand,
  showCommand,
  verifyCommand,
  stateCommand,
  gcCommand,
  doctorCommand,
  explainCommand,
];
