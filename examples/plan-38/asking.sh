# The words of walk.sh: how it asks, waits and stops. It is read by walk.sh and does nothing by itself.

say() { printf '%s\n' "$*"; }

# tell NUMBER VIETNAMESE ENGLISH: what a step has shown.
tell() {
	standing
	printf '%s %s\n  %s\n' "$1" "$2" "$3"
}

# fail says what was expected and shows the answer. Where it ends a $(…) alone, the next request or step ends the walk (standing).
fail() {
	: >"$work/failed"
	say "FAILED: $1 (HTTP $status)" >&2
	head -c 4000 "$work/answer" >&2
	echo >&2
	exit 1
}

standing() { [ ! -e "$work/failed" ] || exit 1; }

# token signs a person in, once a walk. The walk's own settings stay here: loa-local refuses LOA_ names that it does not know.
token() {
	[ -s "$work/token.$1" ] || env -u LOA_URL -u LOA_TOKEN ${LOA_TOKEN:-bin/loa-local token --as} "$1" >"$work/token.$1"
	cat "$work/token.$1"
}

# ask PERSON METHOD PATH [curl arguments]: the answer's body is in $work/answer, its headers in $work/headers. Every read waits for
# what the walk has written so far (Loa-At-Least).
ask() {
	standing
	asker=$1 method=$2 asked=$3
	shift 3
	bearer=$(token "$asker")
	[ -z "$seen" ] || set -- -H "Loa-At-Least: $seen" "$@"
	status=$(curl -sS -o "$work/answer" -D "$work/headers" -w '%{http_code}' -X "$method" -H "Authorization: Bearer $bearer" \
		-H 'Accept-Language: vi' "$@" "$url$asked")
	position=$(header Loa-Position)
	[ -z "$position" ] || seen=$position
}

header() { tr -d '\r' <"$work/headers" | awk -v name="$1:" 'tolower($1) == tolower(name) { value = $2 } END { print value }'; }

# must asks and stops unless the answer is one of success.
must() {
	ask "$@"
	case $status in 2*) ;; *) fail "$2 $3 as $1" ;; esac
}

# body [jq arguments]: makes $work/body, which the next write sends.
body() { jq -n "$@" >"$work/body"; }

json() { must "$@" -H 'Content-Type: application/json' --data-binary "@$work/body"; }

# post PERSON PATH: sends $work/body.
post() { json "$1" POST "$2"; }

# edit PERSON PATH ETAG: sends $work/body as a change of what has that ETag.
edit() { json "$1" PATCH "$2" -H "If-Match: $3"; }

# refused STATUS PERSON METHOD PATH [curl arguments]: sends $work/body and stops unless the answer is that refusal.
refused() {
	expected=$1
	shift
	ask "$@" -H 'Content-Type: application/json' --data-binary "@$work/body"
	[ "$status" = "$expected" ] || fail "$2 $3 as $1 to be refused with $expected"
}

# patiently PERSON PATH: sends $work/body until the state allows it. What allows it comes from another service by the bus; until then
# the answer is 404 or 409.
patiently() {
	end=$(($(date +%s) + 30))
	while :; do
		ask "$1" POST "$2" -H 'Content-Type: application/json' --data-binary "@$work/body"
		case $status in 2*) return ;; 404 | 409) ;; *) fail "POST $2 as $1" ;; esac
		[ "$(date +%s)" -lt "$end" ] || fail "POST $2 as $1"
		sleep 0.1
	done
}

# get FILTER: a value of the answer.
get() { jq -er "$1" <"$work/answer" || fail "an answer with $1"; }

# holds FILTER [jq arguments]: stops unless the filter is true of the answer.
holds() { jq -e "$@" <"$work/answer" >/dev/null || fail "an answer of which holds: $1"; }

# until_true WHAT FILTER PERSON PATH: asks again until the filter is true of the answer, for half a minute.
until_true() {
	what=$1 filter=$2 reader=$3 place=$4
	end=$(($(date +%s) + 30))
	while :; do
		ask "$reader" GET "$place"
		if [ "$status" = 200 ] && jq -e "$filter" <"$work/answer" >/dev/null 2>&1; then return; fi
		[ "$(date +%s)" -lt "$end" ] || fail "$what"
		sleep 0.1
	done
}

# open_page PATH [curl arguments]: reads what anybody may read, without an account.
open_page() {
	place=$1
	shift
	status=$(curl -sS -o "$work/answer" -D "$work/headers" -w '%{http_code}' "$@" "$url$place")
}

# page PATH TEXT: the public page comes and shows the text.
page() {
	end=$(($(date +%s) + 30))
	while :; do
		open_page "$1"
		if [ "$status" = 200 ] && grep -qF -- "$2" "$work/answer"; then return; fi
		[ "$(date +%s)" -lt "$end" ] || { status="$status, $1"; : >"$work/answer"; fail "a page that shows “$2”"; }
		sleep 0.1
	done
}

# shows TEXT: the page that was read last shows it.
shows() { grep -qF -- "$1" "$work/answer" || fail "a page that shows “$1”"; }

# download PERSON PATH FILE BEGINNING: the file begins as its format does.
download() {
	must "$1" GET "$2"
	cp "$work/answer" "$work/$3"
	[ "$(head -c "${#4}" "$work/$3")" = "$4" ] || fail "$3 to begin with $4"
}

# digest FILE: its SHA-256 in hex.
digest() {
	if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

# moment [SECONDS]: now, or so many seconds later, in RFC 3339 to the millisecond.
moment() {
	jq -nr --argjson later "${1:-0}" '((now + $later) * 1000 | floor) as $ms | ($ms / 1000 | floor | strftime("%Y-%m-%dT%H:%M:%S")) +
		"." + ("00\($ms % 1000)" | .[-3:]) + "Z"'
}

# local_time MOMENT: as it is said in Việt Nam.
local_time() { jq -nr --arg at "$1" '$at | sub("[.][0-9]+"; "") | fromdateiso8601 + 7 * 3600 | strftime("%H:%M:%S ngày %d/%m/%Y")'; }

# dossier PERSON DOCUMENT: waits until the document's dossier waits for the person, and puts its id and hash into variables.
dossier() {
	until_true "a dossier of $2 that waits for $1" '.dossiers | length == 1' "$1" "/v1/dossiers?waitingFor=me&document=$2"
	dossier=$(get '.dossiers[0].id')
	hash=$(get '.dossiers[0].hash')
}

# approve DOCUMENT PERSON…: each approves the hash that the dossier shows. A report is the same in every walk: who approved it in one that
# was cut off is passed over.
approve() {
	document=$1
	shift
	for approver in "$@"; do
		must "$approver" GET "/v1/dossiers?document=$document"
		if jq -e --arg person "$approver" '[.dossiers[] | select(.documentType == "report") | .decisions[] |
			select(.person == $person and .outcome == "approved" and (.voided | not))] | length > 0' <"$work/answer" >/dev/null; then continue; fi
		dossier "$approver" "$document"
		body --arg hash "$hash" '{hash: $hash}'
		post "$approver" "/v1/dossiers/$dossier:approve"
	done
}

# numbered CLERK TYPE DOCUMENT: waits until the document's approved dossier of that type waits for the clerk's number.
numbered() {
	until_true "an approved $2 that waits for its number" '.dossiers | length == 1' "$1" "/v1/dossiers?waitingFor=number&documentType=$2&document=$3"
	dossier=$(get '.dossiers[0].id')
}

# issue CLERK DOCUMENT: the clerk gives the approved document the next number of the register, and its date, today.
issue() {
	until_true "an approved $2 that waits for its number" '.dossiers | length == 1' "$1" "/v1/dossiers?waitingFor=number&document=$2"
	dossier=$(get '.dossiers[0].id')
	body '{}'
	post "$1" "/v1/dossiers/$dossier:issue"
	number=$(get .number)
}
