# Sourced by the scripts: configuring and building one preset, quiet unless it fails.
#
#   build_preset PRESET TARGET... [-- CMAKE_OPTION...]
#
# The folder is build/PRESET. CMAKE_OPTIONs given here stay in its cache, so that a build for the tests
# and a build of the server alone can take turns in one folder without compiling anything twice.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
jobs=$(nproc)

# The output of a command is shown only where it fails, or as it comes when SHALE_VERBOSE is set.
run_quietly() {
  if [[ -n ${SHALE_VERBOSE:-} ]]; then
    "$@"
    return
  fi
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 || status=$?
  if (( status != 0 )); then
    cat "$log" >&2
  fi
  rm -f "$log"
  return "$status"
}

# True where the folder was configured by the presets and options that stand in the tree now.
is_configured() {
  local folder=$1 options=$2
  [[ -f $folder/build.ninja && -f $folder/.configured_with &&
     ! $repository/CMakePresets.json -nt $folder/.configured_with &&
     $(<"$folder/.configured_with") == "$options" ]]
}

build_preset() {
  local preset=$1 targets=() options=() folder
  shift
  folder=$repository/build/$preset
  while (( $# > 0 )); do
    if [[ $1 == -- ]]; then
      shift
      options=("$@")
      break
    fi
    targets+=("$1")
    shift
  done
  if ! is_configured "$folder" "${options[*]}"; then
    mkdir -p "$folder"
    rm -f "$folder/.configured_with"
    (cd "$repository" && run_quietly cmake --preset "$preset" "${options[@]}") || return 1
    printf '%s' "${options[*]}" >"$folder/.configured_with"
  fi
  # -k 0: whatever can be built is built, and what cannot is all in one log.
  run_quietly ninja -C "$folder" -j "$jobs" -k 0 "${targets[@]}"
}
