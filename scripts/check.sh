#!/usr/bin/env bash
# Holds the tree against the rules of the house and says, for each that is broken, what to do. It changes nothing.
#   check.sh               every check
#   check.sh lint          the linters alone: format code workflows protocol
#   check.sh format ...    the named checks: format code workflows protocol generated tidy pages scripts growing traces
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
export GOFLAGS=${GOFLAGS:--buildvcs=false}
modules=(. proto deploy/local e2e)
outside=(deploy/temporal tools bench) # modules that do not share the workspace's build list

git rev-parse --is-inside-work-tree >/dev/null || { echo "check.sh: this is no git checkout, and the checks read the list of files from git." >&2; exit 1; }

# files lists what is or would be committed, as far as it still stands; the arguments are git's path patterns.
files() {
	local file
	git ls-files -z --cached --others --exclude-standard -- "$@" | sort -zu | while IFS= read -r -d '' file; do
		[ ! -f "$file" ] || printf '%s\0' "$file"
	done
}

format() {
	local unformatted
	scripts/tools.sh gofumpt || return
	unformatted=$(files '*.go' | grep -zv -e '/gen/' -e '_templ\.go$' | xargs -0 bin/tools/gofumpt -l) || return
	[ -z "$unformatted" ] && return
	echo "$unformatted"
	return 1
}

code() {
	local module status=0
	scripts/tools.sh golangci-lint || return
	for module in "${modules[@]}"; do # one run a module: golangci-lint does not read go.work
		(cd "$module" && "$root/bin/tools/golangci-lint" run ./...) || status=1
	done
	(cd bench && GOWORK=off "$root/bin/tools/golangci-lint" run ./...) || status=1
	return $status
}

workflows() {
	scripts/tools.sh workflowcheck && bin/tools/workflowcheck ./workflows/...
}

protocol() {
	proto/generate.sh lint
}

# generated runs the generators on a copy, so that the tree stays as it is, and lists what came out different.
generated() (
	copy=$(mktemp -d) && trap 'rm -rf "$copy"' EXIT || exit
	scripts/tools.sh web || exit
	files | tar --null --files-from=- --create --file=- | tar --extract --directory "$copy" --file=- || exit
	mkdir -p bin/tools
	# What is installed is lent to the copy, and stays out of the comparison.
	ln -s "$root/bin" "$copy/bin"
	ln -s "$root/services/portal/web/node_modules" "$copy/services/portal/web/node_modules"
	cd "$copy" || exit
	git init --quiet && mkdir -p .git/info && printf '%s\n' /bin /services/portal/web/node_modules >>.git/info/exclude
	git add --all || exit
	log=$(scripts/generate.sh 2>&1) || { echo "$log" && exit 1; }
	git ls-files --others --exclude-standard | sed 's/$/ (new)/' >"$copy/.git/new"
	git --no-pager diff --stat --exit-code && [ ! -s .git/new ] || { cat .git/new && exit 1; }
)

tidy() {
	local module status=0
	for module in "${modules[@]}"; do
		(cd "$module" && go mod tidy -diff) || { echo "module $module" && status=1; }
	done
	for module in "${outside[@]}"; do
		(cd "$module" && GOWORK=off go mod tidy -diff) || { echo "module $module" && status=1; }
	done
	return $status
}

pages() {
	scripts/tools.sh web && (cd services/portal/web && npm run --silent validate)
}

scripts() {
	local script status=0
	while IFS= read -r -d '' script; do
		bash -n "$script" || status=1
	done < <(files '*.sh' .ci/run)
	return $status
}

# growing holds the lists of what was stored and published against their history: a line, once committed, stays.
growing() {
	local list removed status=0
	for list in services/stored.txt services/published.txt; do
		[ -f "$list" ] || { echo "$list is gone" && status=1 && continue; }
		removed=$({ git --no-pager log --format= -p -- "$list"; git --no-pager diff HEAD -- "$list"; } | sed -n 's/^-\([^-#]\)/\1/p' | sort -u | grep -vxFf "$list")
		[ -z "$removed" ] || { echo "$list lacks:" && echo "$removed" && status=1; }
	done
	return $status
}

# traces looks for what says where and by whom a file was made, and for what must never be committed. The brackets keep
# the patterns from finding themselves.
traces() {
	local pattern found status=0
	local patterns=(
		'(^|[^A-Za-z0-9_.~/-])/(roo[t]|hom[e]|User[s]|wor[k])/[A-Za-z0-9_.]'
		'(prox[y]|su[m])\.golang\.org|registr[y]\.npmjs|registr[y]\.yarnpkg|rep[o]1?\.maven|maven\.or[g]|pyp[i]\.org|de[b]\.debian\.org'
		'-----BEGI[N] [A-Z ]*PRIVATE KEY'
		'\b(AKI[A][0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|xox[baprs]-[0-9A-Za-z-]{10,}|eyJ[A-Za-z0-9_-]{20,}\.eyJ[A-Za-z0-9_-]{20,}\.)'
	)
	for pattern in "${patterns[@]}"; do
		found=$(files | xargs -0 grep -InE -e "$pattern" -- | cut -c1-200)
		[ -z "$found" ] || { echo "$found" && status=1; }
	done
	return $status
}

declare -A advice=(
	[format]="These files are not formatted: run make fmt."
	[code]="Mend what the linters say. .golangci.yml gives the reason of each rule of the house; a rule that is wrong is changed there, with its reason."
	[workflows]="A workflow may only do what a replay repeats: move what workflowcheck names into an activity."
	[protocol]="Mend the .proto files as buf says; the rules are in buf.yaml."
	[generated]="Generated files differ from what their sources give: run make generate and commit the result; edit sources only."
	[tidy]="Run make tidy and commit go.mod and go.sum."
	[pages]="A page is not valid HTML: mend its .templ file, then run make generate."
	[scripts]="A script does not parse: mend the line that bash names."
	[growing]="A log or a topic somewhere holds this. Bring the line back, with what it tells of; docs/events.md says how an event changes."
	[traces]="A path of one machine, a package registry's host or a secret stands in a file: take it out; replace a secret that was ever pushed."
)

all=(format code workflows protocol generated tidy pages scripts growing traces)
checks=()
for check in "$@"; do
	if [ "$check" = lint ]; then
		checks+=(format code workflows protocol)
	elif [ -n "${advice[$check]:-}" ]; then
		checks+=("$check")
	else
		echo "check.sh: no check $check; there are: lint ${all[*]}" >&2
		exit 2
	fi
done
[ $# -gt 0 ] || checks=("${all[@]}")

failed=()
for check in "${checks[@]}"; do
	started=$SECONDS
	echo "== $check"
	if "$check"; then
		echo "   passed in $((SECONDS - started)) s"
	else
		failed+=("$check")
		echo "   FAILED after $((SECONDS - started)) s. ${advice[$check]}"
	fi
done
[ ${#failed[@]} -eq 0 ] || { echo "Failed: ${failed[*]}. What to do stands below each." >&2; exit 1; }
