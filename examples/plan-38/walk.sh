#!/bin/sh
# Walks the main line of Loa with curl and jq, from the directory to the public report, each step as the person whose act it is.
# It may be run again and again: imports are the same requests, and each walk drafts an item of its own.
#
#   LOA_URL    where Loa answers            (default http://127.0.0.1:8080)
#   LOA_TOKEN  command that signs a person in, given the id    (default bin/loa-local token --as)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
url=${LOA_URL:-http://127.0.0.1:8080}
# The zone is written out, so that it holds where no time zone data is installed.
year=$(TZ=ICT-7 date +%Y)
walk=$(TZ=ICT-7 date '+%d/%m/%Y %H:%M:%S')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
seen=

for tool in curl jq; do
	command -v "$tool" >/dev/null || { echo "walk.sh needs $tool; install it (apt-get install $tool)" >&2; exit 1; }
done

say() { printf '%s\n' "$*"; }

# fail says what was expected and shows the answer.
fail() {
	say "FAILED: $1 (HTTP $status)" >&2
	cat "$work/answer" >&2
	echo >&2
	exit 1
}

# token signs a person in, once a walk. The walk's own settings stay here: loa-local refuses LOA_ names that it does not know.
token() {
	[ -s "$work/token.$1" ] || env -u LOA_URL -u LOA_TOKEN ${LOA_TOKEN:-bin/loa-local token --as} "$1" >"$work/token.$1"
	cat "$work/token.$1"
}

# ask PERSON METHOD PATH [curl arguments]: the answer's body is in $work/answer, its headers in $work/headers. Every read waits for
# what the walk has written so far (Loa-At-Least).
ask() {
	person=$1 method=$2 path=$3
	shift 3
	bearer=$(token "$person")
	[ -z "$seen" ] || set -- -H "Loa-At-Least: $seen" "$@"
	status=$(curl -sS -o "$work/answer" -D "$work/headers" -w '%{http_code}' -X "$method" -H "Authorization: Bearer $bearer" \
		-H 'Accept-Language: vi' "$@" "$url$path")
	position=$(header Loa-Position)
	[ -z "$position" ] || seen=$position
}

header() { tr -d '\r' <"$work/headers" | awk -v name="$1:" 'tolower($1) == tolower(name) { value = $2 } END { print value }'; }

# must asks and stops unless the answer is one of success.
must() {
	ask "$@"
	case $status in 2*) ;; *) fail "$2 $3 as $1" ;; esac
}

json() { must "$@" -H 'Content-Type: application/json' --data-binary "@$work/body"; }

# post PERSON PATH: sends $work/body.
post() { json "$1" POST "$2"; }

get() { jq -er "$1" <"$work/answer" || fail "an answer with $1"; }

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

# page PATH TEXT: the public page comes and shows the text.
page() {
	end=$(($(date +%s) + 30))
	while :; do
		status=$(curl -sS -o "$work/answer" -w '%{http_code}' "$url$1")
		if [ "$status" = 200 ] && grep -qF -- "$2" "$work/answer"; then return; fi
		[ "$(date +%s)" -lt "$end" ] || { status="$status, $1"; : >"$work/answer"; fail "a page that shows “$2”"; }
		sleep 0.1
	done
}

# dossier PERSON DOCUMENT: waits until the document's dossier waits for the person, and puts its id and hash into variables.
dossier() {
	until_true "a dossier of $2 that waits for $1" '.dossiers | length == 1' "$1" "/v1/dossiers?waitingFor=me&document=$2"
	dossier=$(get '.dossiers[0].id')
	hash=$(get '.dossiers[0].hash')
}

# approve PERSON DOCUMENT: approves the hash that the dossier shows, unless a walk that was cut off already did.
approve() {
	must "$1" GET "/v1/dossiers?document=$2"
	if jq -e --arg person "$1" '[.dossiers[].decisions[] | select(.person == $person and .outcome == "approved" and (.voided | not))] | length > 0' \
		<"$work/answer" >/dev/null; then return; fi
	dossier "$1" "$2"
	jq -n --arg hash "$hash" '{hash: $hash}' >"$work/body"
	post "$1" "/v1/dossiers/$dossier:approve"
}

import_plan() {
	sed "s/\${YEAR}/$year/g" "examples/plan-38/$1" >"$work/plan.yaml"
	must luu.tru POST /v1/plans:import -H 'Content-Type: application/yaml' --data-binary "@$work/plan.yaml"
}

item_of() {
	must luu.tru GET "/v1/plans/$1/items?pageSize=200"
	jq -er --arg code "$2" '.items[] | select(.code == $code) | .id' <"$work/answer" || fail "an item $2"
}

# 1. The directory, and a file that is refused.
must quan.tri POST /v1/agencies:import -H 'Content-Type: text/csv' --data-binary @examples/plan-38/agencies.csv
agencies=$(get .rows)
must quan.tri POST '/v1/people:import?example=true' -H 'Content-Type: text/csv' --data-binary @examples/plan-38/people.csv
people=$(get .rows)
until_true 'luu.tru in the directory' '.role == "records_importer"' luu.tru /v1/me
printf 'code,kind,abbreviation,name,parent,valid_from,valid_to,successor\nH24.02,department,STTTT,Sở,H24,2022-02-30,,\n' >"$work/bad.csv"
ask quan.tri POST /v1/agencies:import -H 'Content-Type: text/csv' --data-binary "@$work/bad.csv"
[ "$status" = 422 ] && jq -e '.errors[0] | .row == 2 and .column == "valid_from"' <"$work/answer" >/dev/null || fail 'a refusal that names line and column'
say "1 Directory: $agencies agencies and $people people are in; a file with a wrong date is refused: $(jq -r '.errors[0] | "line \(.row), column \(.column): \(.detail)"' <"$work/answer")"

for type in content report; do
	# A route that is there is replaced under its ETag, like everything that is edited.
	ask quan.tri GET "/v1/routes/$type"
	case $status in
	200) etag=$(header ETag) ;;
	404 | 409) etag= ;;
	*) fail "quan.tri reads the route of $type" ;;
	esac
	jq ".$type" examples/plan-38/routes.json >"$work/body"
	json quan.tri PUT "/v1/routes/$type" ${etag:+-H "If-Match: $etag"}
done

# 2. Plan 38.
import_plan plan.yaml
plan38=$(get .id)
say "2 Plan: $(jq -r '"\(.number) of \(.date), “\(.title)”, \(.itemCount) items, imported; invented parts are marked: \(.exampleItems)"' <"$work/answer")"

# 3. The article of 01/03/2022.
item38=$(item_of "$plan38" 1)
jq --rawfile body examples/plan-38/article.md --arg plan "$plan38" --arg item "$item38" '. + {body: $body, plan: $plan, planItem: $item}' \
	examples/plan-38/article.json >"$work/body"
# The article comes in once: its key is the same in every walk, and that of the example's load.
must luu.tru POST /v1/contents:importPublished -H 'Content-Type: application/json' -H 'Idempotency-Key: example/article' --data-binary "@$work/body"
article=$(get .id)
until_true 'the article on the portal' '.publications | length == 1 and .[0].verified' bt.cong "/v1/publications?content=$article"
path=$(get '.publications[0].path')
page "$path" '01/03/2022, 13:20'
page "$path" '38/KH-UBND'
say "3 Article of 01/03/2022: history on the portal with its own date, source line and attachment line: $url$path"

# 4. The plan of the current year.
import_plan plan-current.yaml
plan=$(get .id)
say "4 Plan of $year: $(jq -r '"\(.number), example data: \(.example)"' <"$work/answer"); its workflow $plan marks what is overdue and compiles each month's report"

# 5. Drafting.
item=$(item_of "$plan" 10)
title="Thủ tục mới trong tháng: nộp hồ sơ ở đâu, mang theo gì (bản tin $walk)"
jq -n --arg plan "$plan" --arg item "$item" --arg title "$title" '{
	plan: $plan, planItem: $item, title: $title, language: "vi", theme: "thu-tuc-mot-cua",
	summary: "Danh sách thủ tục mới công bố trong tháng và nơi tiếp nhận hồ sơ.",
	body: "Danh sách thủ tục mới được công bố tại Bộ phận Một cửa.\n\n- Nơi nộp: **Bộ phận Một cửa** nơi cư trú.\n- Thời hạn: ghi trên giấy hẹn.",
	audiences: ["nguoi-dan", "doanh-nghiep"], channels: ["portal"], example: true}' >"$work/body"
post cv.stttt /v1/contents
content=$(get .id)
etag=$(header ETag)
jq -n '{summary: "Thủ tục mới công bố trong tháng, nơi tiếp nhận và giấy tờ cần mang theo."}' >"$work/body"
ask cv.stttt PATCH "/v1/contents/$content?updateMask=summary" -H 'Content-Type: application/json' --data-binary "@$work/body"
[ "$status" = 428 ] || fail 'an edit without If-Match to be refused with 428'
must cv.stttt PATCH "/v1/contents/$content?updateMask=summary" -H 'Content-Type: application/json' -H "If-Match: $etag" --data-binary "@$work/body"
ask cv.stttt PATCH "/v1/contents/$content?updateMask=summary" -H 'Content-Type: application/json' -H "If-Match: $etag" --data-binary "@$work/body"
[ "$status" = 412 ] || fail 'an edit of a stale version to be refused with 412'
echo '{}' >"$work/body"
post cv.stttt "/v1/contents/$content:submit"
say "5 Content: cv.stttt drafted “$title”, revised it under its ETag (a stale one is refused) and submitted it"

# 6. Approval.
dossier tp.stttt "$content"
jq -n --arg hash "$hash" '{hash: $hash, toLevel: 0, comment: "Thêm số điện thoại hướng dẫn."}' >"$work/body"
post tp.stttt "/v1/dossiers/$dossier:return"
until_true 'the returned item' '.state == "returned"' cv.stttt "/v1/contents/$content"
comment=$(get .returnComment)
etag=$(header ETag)
jq -n '{body: "Danh sách thủ tục mới được công bố tại Bộ phận Một cửa.\n\n- Nơi nộp: **Bộ phận Một cửa** nơi cư trú.\n- Thời hạn: ghi trên giấy hẹn.\n- Hướng dẫn: gọi số điện thoại ghi tại Bộ phận Một cửa."}' >"$work/body"
must cv.stttt PATCH "/v1/contents/$content?updateMask=body" -H 'Content-Type: application/json' -H "If-Match: $etag" --data-binary "@$work/body"
echo '{}' >"$work/body"
post cv.stttt "/v1/contents/$content:submit"
approve tp.stttt "$content"
approve pgd.stttt "$content"
say "6 Approval: tp.stttt returned it (“$comment”); mended and submitted again, tp.stttt and then pgd.stttt approved the hash they saw, $(echo "$hash" | cut -c 1-12)…"

# 7. Publication.
until_true 'approved content' '.state == "approved"' bt.cong "/v1/contents/$content"
echo '{}' >"$work/body"
end=$(($(date +%s) + 30))
while :; do
	# The approval reaches the publishing service by the bus; until then it answers 409 NOT_APPROVED, or 404.
	ask bt.cong POST "/v1/contents/$content:publish" -H 'Content-Type: application/json' --data-binary "@$work/body"
	case $status in 2*) break ;; 404 | 409) ;; *) fail "bt.cong publishes" ;; esac
	[ "$(date +%s)" -lt "$end" ] || fail 'bt.cong publishes'
	sleep 0.1
done
until_true 'the publication and its receipt' '.publications | length == 1 and .[0].state == "published" and .[0].verified' bt.cong "/v1/publications?content=$content"
path=$(get '.publications[0].path')
page "$path" "$walk"
page / "$walk"
page /feed.atom "$walk"
say "7 Publication: bt.cong published it, once, by its workflow; page, home and feed show it: $url$path"

# 8. The report of March 2022.
jq -n --arg plan "$plan38" '{plan: $plan, period: "2022-M03"}' >"$work/body"
post cv.stttt /v1/reports:compile
report=$(get .id)
canonical=$(get .canonical)
state=$(get .state)
post cv.stttt /v1/reports:compile
[ "$(get .canonical)" = "$canonical" ] || fail 'the same bytes of a report compiled twice'
if [ "$state" = compiled ] || [ "$state" = returned ]; then
	echo '{}' >"$work/body"
	post cv.stttt "/v1/reports/$report:submit"
fi
if [ "$state" != approved ]; then
	approve tp.stttt "$report"
	approve pgd.stttt "$report"
fi
until_true 'the approved report' '.state == "approved" and .path != ""' cv.stttt "/v1/reports/$report"
path=$(get .path)
figures=$(jq -r '"\(.figures.published) published in \(.from) – \(.to), \(.figures.items | length) items, event \([.figures.items[].counted[]?.event][0])"' <"$work/answer")
page "$path" '38/KH-UBND'
say "8 Report of March 2022: $figures; the same bytes when compiled twice, approved by tp.stttt and pgd.stttt, public: $url$path"
