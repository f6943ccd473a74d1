# Sourced by run.sh before a list: how a list says what to run.
#
# Set are: $RUNTIME (path), $runtime_name, $work (a directory of this list and runtime), $results, $scratch, $repository,
# $form (short, limits or long), $manager (cgroupfs or systemd), $client.
number=100

# result TITLE: the file for a case's result; they sort in the order of the list. False: the case is not asked for.
result() {
  number=$((number + 1)) result_file=
  printf '%s\n' "$1" | grep -qE -e "${TSRUN_CLIENTS_ONLY-}" || return 1
  result_file=$results/$number.$(printf '%s' "$1" | tr '/' '_')
  echo "---- $(date +%T) $1"
}

# What differs from run to run: ids, digests, times, the runtime's own name and place.
same() {
  # A shell that edits its line asks the terminal where the cursor is, and draws its prompt again when the size comes late.
  sed -E -e 's/\x1b\[6n//g' -e 's/ready \r?(ready )?\r?\x1b\[J/ready /g' -e "s#$RUNTIME#RUNTIME#g" -e "s#$work#WORK#g" -e 's/[0-9a-f]{64}/ID/g' -e 's/\b[0-9a-f]{12}\b/ID/g' \
    -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z?/TIME/g'
}

# try TITLE SCRIPT: the script's standard output and status are to be the same. With the reference it has to work: what fails with both in the same
# way, for a reason of this machine's, would show nothing. Status 0 and no error told, that is.
try() {
  ran "$1" "$2" || return 0
  [ "$try_status" = 0 ] || broken "status $try_status"
  ! grep -iq 'error\|^ctr: ' "$work/err" || broken "$(grep -im 1 'error\|^ctr: ' "$work/err")"
}

# ends STATUS TITLE SCRIPT: the same, of what ends with a status of its own, errors and all.
ends() {
  ran "$2" "$3" || return 0
  [ "$try_status" = "$1" ] || broken "status $try_status, not $1"
}

# broken REASON: what run.sh says of a case that does not work with the reference.
broken() { echo "$1" >>"$work/broken/${result_file##*/}"; }

ran() {
  result "$1" || return 1
  try_status=0
  # podman passes TERM on to its container.
  timeout -k 5 "${TSRUN_CLIENTS_PATIENCE-90}" sh -c "$2" >"$work/out" 2>"$work/err" </dev/null || try_status=$?
  cat "$work/out" "$work/err"
  { same <"$work/out"; echo "status $try_status"; } >"$result_file"
}

# fails TITLE SCRIPT: the same, and the client's own verdict at the end of its message; the words of the runtime are its own.
fails() {
  ran "$1" "$2" || return 0
  [ "$try_status" != 0 ] || broken 'status 0'
  { printf 'says '; tail -n 1 "$work/err" | sed -E 's/.*: //' | same; } >>"$result_file"
}

# typed TITLE KEYS SCRIPT: on a terminal, with keys typed (printf format) a moment after the script says "ready".
typed() {
  result "$1" || return 0
  try_status=0
  python3 "$repository/test/clients/type.py" "$2" sh -c "$3" >"$work/out" 2>"$work/err" </dev/null || try_status=$?
  cat "$work/out" "$work/err"
  { same <"$work/out"; echo "status $try_status"; } >"$result_file"
  [ "$try_status" != 124 ] || broken 'it did not get ready within a minute'
}

# skip TITLE REASON
skip() {
  result "$1" || return 0
  echo "skip: $2" >"$result_file"
}

# skip_list REASON: nothing of this list can be tried here.
skip_list() {
  skip 'the list' "$1"
  exit 0
}

# until SCRIPT: asks again until it is true, for half a minute.
until_true() {
  tries=0
  until sh -c "$1" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 150 ] || { echo "never true: $1"; return 1; }
    sleep 0.2
  done
}

# What follows is left out of the short form.
end_of_short() { if [ "$form" = short ]; then exit 0; fi; }

# What needs controllers is a list of its own, the last part of the long one.
limits() {
  for controller in memory pids cpu cpuset io; do
    if ! grep -qw $controller /sys/fs/cgroup/cgroup.controllers 2>/dev/null; then
      skip 'limits' "cgroup v2 has no $controller controller here"
      return 0
    fi
  done
  . "$repository/test/clients/limits/$client.sh"
}

# Nothing but the limits was asked for.
only_limits() { if [ "$form" = limits ]; then limits; exit 0; fi; }
