# shellcheck shell=bash
# Steps with a name, a log and a duration, for ci/gate and ci/test: sourced.
#
# A step that fails does not end the run: later ones that do not need it still
# speak, and failed_steps makes the exit code. A step that needs another is
# skipped, aloud, when that one did not pass.

: "${logs:?the folder for logs, set by the caller}"
declare -A step_state=() # name -> passed, failed, skipped
step_lines=() failed_steps=0 passed_steps=0 skipped_steps=0

since() { # start, from EPOCHREALTIME
    local elapsed=$((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}))
    printf '%d.%d s' $((elapsed / 1000000)) $((elapsed / 100000 % 10))
}

step_done() { # state name detail
    step_state[$2]=$1
    step_lines+=("$(printf '%-8s %-22s %s' "$1" "$2" "$3")")
    printf '== %s: %s, %s\n' "$2" "$1" "$3"
}

# Run a command as a step; the output is shown and kept in a log.
step() { # name command...
    local name=$1 start=$EPOCHREALTIME code=0
    shift
    printf '== %s\n' "$name"
    "$@" 2>&1 </dev/null | tee "$logs/$name.log" || code=${PIPESTATUS[0]}
    if ((code == 0)); then
        passed_steps=$((passed_steps + 1))
        step_done passed "$name" "$(since "$start")"
    else
        failed_steps=$((failed_steps + 1))
        step_done failed "$name" "$(since "$start"), exit code $code, log $logs/$name.log"
    fi
    return 0
}

skip() { # name why
    skipped_steps=$((skipped_steps + 1))
    step_done skipped "$1" "$2"
}

passed() { [[ ${step_state[$1]-} == passed ]]; } # name

# Run a step only if all the steps that it needs have passed.
step_after() { # "names" name command...
    local need
    for need in $1; do
        if ! passed "$need"; then
            skip "$2" "$need did not pass"
            return 0
        fi
    done
    shift
    step "$@"
}
