#!/usr/bin/env bash
# Puts lavapipe, Mesa's Vulkan device in software, into a folder of its own and prints the variables that select it:
#
#     eval "$(.ci/lavapipe.sh FOLDER)"
#
# From the backports of the machine's own Debian: ONNX Runtime's WebGPU needs Mesa 25, and Debian 12 has 22. Nothing is
# installed, and nothing of the system is changed.
set -euo pipefail
folder=$(realpath -m "$1")
. /etc/os-release
mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $VERSION_CODENAME" | sort -u | head -n 1)
mkdir -p "$folder"/{lists,archives}/partial "$folder/system"
printf 'deb %s %s main\n' "$mirror" "$VERSION_CODENAME" "$mirror" "$VERSION_CODENAME-backports" >"$folder/sources.list"
options=(-qq -y -o Dir::Etc::SourceList="$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null
  -o Dir::State::Lists="$folder/lists" -o Dir::Cache::Archives="$folder/archives" -o APT::Sandbox::User=root)
{
  apt-get "${options[@]}" update
  # All that they need and this machine does not have.
  apt-get "${options[@]}" install --download-only --no-install-recommends -t "$VERSION_CODENAME-backports" \
    mesa-vulkan-drivers libvulkan1
  for archive in "$folder"/archives/*.deb; do dpkg-deb -x "$archive" "$folder/system"; done
} >&2
libraries=$folder/system/usr/lib/$(uname -m)-linux-gnu
sed "s#\"library_path\": \"#&$libraries/#" "$folder/system/usr/share/vulkan/icd.d/"lvp_icd*.json >"$folder/lavapipe.json"
echo "export VK_DRIVER_FILES='$folder/lavapipe.json' LD_LIBRARY_PATH='$libraries:${LD_LIBRARY_PATH-}'"
