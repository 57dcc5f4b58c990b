#!/bin/sh
# Walks the whole line of Loa with curl and jq, from the directory to the printed report, each step as the person whose act it is, and
# ends with another code than 0 where anything is not as it says. It may be run again and again: what comes in as a file is the same
# request each time, and each walk drafts a plan and items of its own.
#
#   LOA_URL    where Loa answers            (default http://127.0.0.1:8080)
#   LOA_TOKEN  command that signs a person in, given the id    (default bin/loa-local token --as)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
url=${LOA_URL:-http://127.0.0.1:8080}
# The zone is written out, so that it holds where no time zone data is installed.
year=$(TZ=ICT-7 date +%Y)
today=$(TZ=ICT-7 date +%F)
walk=$(TZ=ICT-7 date '+%d/%m/%Y %H:%M:%S')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
seen=
xlsx=application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
docx=application/vnd.openxmlformats-officedocument.wordprocessingml.document

for tool in curl jq; do
	command -v "$tool" >/dev/null || { echo "walk.sh needs $tool; install it (apt-get install $tool)" >&2; exit 1; }
done
. "$here/asking.sh"

import_plan() {
	sed "s/\${YEAR}/$year/g" "examples/plan-38/$1" >"$work/plan.yaml"
	must luu.tru POST /v1/plans:import -H 'Content-Type: application/yaml' --data-binary "@$work/plan.yaml"
}

item_of() {
	must luu.tru GET "/v1/plans/$1/items?pageSize=200"
	jq -er --arg code "$2" '.items[] | select(.code == $code) | .id' <"$work/answer" || fail "an item $2"
}

# news TITLE TEXT [MOMENT]: an item of the walk's plan, written and submitted; urgent until the moment.
news() {
	body --arg plan "$plan" --arg item "$item" --arg title "$1 (tin $walk)" --arg text "$2" --arg urgent "${3:-}" '{plan: $plan, planItem: $item, title: $title, language: "vi",
		theme: "truc-tuyen", summary: $text, body: $text, audiences: ["nguoi-dan"], channels: ["portal"], example: true} + if $urgent == "" then {} else {urgentUntil: $urgent} end'
	post cv.stttt /v1/contents
	news=$(get .id)
	body '{}'
	post cv.stttt "/v1/contents/$news:submit"
}

# 1. The directory, and a file that is refused.
must quan.tri POST /v1/agencies:import -H 'Content-Type: text/csv' --data-binary @examples/plan-38/agencies.csv
agencies=$(get .rows)
must quan.tri POST '/v1/people:import?example=true' -H 'Content-Type: text/csv' --data-binary @examples/plan-38/people.csv
people=$(get .rows)
for person in luu.tru vt.ubnd vt.stttt; do until_true "$person in the directory" '.role != ""' "$person" /v1/me; done
printf 'code,kind,abbreviation,name,parent,valid_from,valid_to,successor\nH24.02,department,STTTT,Sở,H24,2022-02-30,,\n' >"$work/bad.csv"
ask quan.tri POST /v1/agencies:import -H 'Content-Type: text/csv' --data-binary "@$work/bad.csv"
[ "$status" = 422 ] || fail 'a wrong date to be refused'
holds '.errors[0] | .row == 2 and .column == "valid_from"'
complaint=$(get '.errors[0].detail')
tell 1 "Danh bạ: $agencies cơ quan, $people người. Tệp có ngày sai bị từ chối, nói rõ dòng 2, cột valid_from: $complaint" \
	"Directory: $agencies agencies, $people people. A file with a wrong date is refused, with line and column."

# 2. Routes, the calendar, and the registers are data.
for type in content correction report plan amendment withdrawal; do
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
must quan.tri GET /v1/routes/plan
route=$(get '[.levels[] | "\(.name) (\(.term) ngày)"] | join(" → ")')
must cv.stttt GET "/v1/calendars/$year"
holds '(.holidays | length) >= 4'
holidays=$(get '.holidays | length')
sed "s/\${YEAR}/$year/g" examples/plan-38/registers.json >"$work/registers.json"
for n in 0 1 2 3; do
	jq ".[$n].register" "$work/registers.json" >"$work/body"
	ask "$(jq -r ".[$n].clerk" "$work/registers.json")" POST /v1/registers -H 'Content-Type: application/json' --data-binary "@$work/body"
	# One that is open already stays as it is.
	[ "$status" = 200 ] || { [ "$status" = 409 ] && holds '.reason == "REGISTER_TYPE_TAKEN"'; } || fail 'a register'
done
tell 2 "Đường đi của kế hoạch: $route. Lịch năm $year có $holidays ngày nghỉ. Sổ đăng ký văn bản đi đã mở." \
	'Routes with their terms in working days, the calendar and the registers are data, set over the API.'

# 3. Plan 38, issued before Loa, with the city's article of 01/03/2022; and the example's plan of the current year.
import_plan plan.yaml
plan38=$(get .id)
holds '.number == "38/KH-UBND" and .imported and .exampleItems'
item38=$(item_of "$plan38" 1)
jq --rawfile body examples/plan-38/article.md --arg plan "$plan38" --arg item "$item38" '. + {body: $body, plan: $plan, planItem: $item}' \
	examples/plan-38/article.json >"$work/body"
# The article comes in once: its key is the same in every walk, and that of the example's load.
must luu.tru POST /v1/contents:importPublished -H 'Content-Type: application/json' -H 'Idempotency-Key: example/article' --data-binary "@$work/body"
article=$(get .id)
until_true 'the article on the portal' '.publications | length == 1 and .[0].verified' bt.cong "/v1/publications?content=$article"
path=$(get '.publications[0].path')
page "$path" '01/03/2022, 13:20'
shows '38/KH-UBND'
import_plan plan-current.yaml
tell 3 "Kế hoạch 38/KH-UBND ngày 23/02/2022 nhập lại như tư liệu, cùng bài thật ngày 01/03/2022: $url$path" \
	'Plan 38 comes in as history, with its own date; what is invented around it is marked.'

# 4. A plan from a workbook, and from the Word table that an office has.
# loa refuses settings that it does not know, and needs none here.
env -i bin/loa plan template --agencies examples/plan-38/agencies.csv --out "$work/template.xlsx"
[ "$(head -c 2 "$work/template.xlsx")" = PK ] || { status=-; fail 'a workbook to fill'; }
must cv.stttt POST '/v1/plans:import?dryRun=true' -H "Content-Type: $xlsx" --data-binary "@$work/template.xlsx"
missing=$(get '[.reading[] | select(.how == "not_understood")][0].note')
ask cv.stttt POST /v1/plans:import -H "Content-Type: $xlsx" --data-binary "@$work/template.xlsx"
[ "$status" = 422 ] || fail 'an empty workbook to be refused'
must cv.stttt POST '/v1/plans:import?dryRun=true' -H "Content-Type: $xlsx" --data-binary @examples/plan-38/plan-draft.xlsx
holds '.itemCount == 3 and all(.reading[]; .how == "understood")'
reading=$(get '.reading[] | select(.sheet == "Nhiệm vụ" and .row == 3 and .field == "items[1].lead") | "trang \(.sheet), dòng \(.row), cột \(.column): “\(.text)” là \(.value)"')
must cv.stttt POST '/v1/plans:import?dryRun=true' -H "Content-Type: $docx" --data-binary @examples/plan-38/plan-table.docx
holds '.itemCount == 3 and all(.reading[]; .how != "not_understood")'
table=$(get '.reading[] | select(.field == "items[0].deadline") | "\(.sheet), dòng \(.row): “\(.text)” là \(.value)"')
for file in plan-draft.xlsx plan-table.docx; do
	case $file in *.xlsx) type=$xlsx ;; *) type=$docx ;; esac
	must cv.stttt POST /v1/plans:import -H "Content-Type: $type" --data-binary "@examples/plan-38/$file"
	draft=$(get .id)
	holds '.state == "draft" and (.number // "") == "" and .itemCount == 3'
	body '{}'
	post cv.stttt "/v1/plans/$draft:discard"
done
tell 4 "Từ bảng tính: tệp mẫu còn trống bị từ chối (${missing%.}); tệp đã điền thì chạy thử cho biết từng ô ($reading); bảng Word sẵn có cũng đọc được ($table). Thành dự thảo; bỏ các dự thảo đó." \
	'From a workbook and from a Word table: loa plan template, a dry run cell by cell, the import makes a draft; the drafts are dropped.'

# 5. A plan over the API, up the long route, with a number from the register.
body --arg title "Kế hoạch truyền thông dịch vụ công trực tuyến (đợt $walk)" --arg from "$year-01-01" --arg to "$year-12-31" '{
	issuer: "H24", title: $title, from: $from, to: $to, example: true, reportPeriods: ["month"],
	purposes: ["Người dân biết và dùng dịch vụ công trực tuyến toàn trình."],
	themes: [{code: "truc-tuyen", name: "Dịch vụ công trực tuyến"}],
	audiences: [{code: "nguoi-dan", name: "Người dân"}, {code: "doanh-nghiep", name: "Doanh nghiệp"}],
	channels: [{code: "portal", name: "Cổng Thông tin điện tử thành phố"}, {code: "press", name: "Báo chí"}, {code: "loudspeaker", name: "Đài truyền thanh cơ sở"}]}'
post cv.stttt /v1/plans
plan=$(get .id)
body --arg deadline "$year-12-14" '{code: "1", title: "Tin hướng dẫn nộp hồ sơ trực tuyến", theme: "truc-tuyen", audiences: ["nguoi-dan", "doanh-nghiep"],
	channels: ["portal"], lead: "H24.02", coordinators: ["H24.63"], deadline: $deadline, target: {quantity: 3, unit: "tin, bài", countsPublications: true}}'
post cv.stttt "/v1/plans/$plan/items"
item=$(get .id)
body --arg deadline "$year-12-14" '{code: "2", title: "Bản tin trên đài truyền thanh các phường", theme: "truc-tuyen", audiences: ["nguoi-dan"],
	channels: ["loudspeaker"], lead: "H24.31", deadline: $deadline, target: {quantity: 12, unit: "bản tin"}}'
post cv.stttt "/v1/plans/$plan/items"
ask cv.snv GET "/v1/plans/$plan"
[ "$status" = 404 ] || fail "another agency's draft not to be found"
body '{}'
post cv.stttt "/v1/plans/$plan:submit"
dossier tp.stttt "$plan"
due=$(get '.dossiers[0].levels[0].term.dueAt')
approve "$plan" tp.stttt pgd.stttt chanh.vp pho.chu.tich
issue vt.ubnd "$plan"
planNumber=$number
until_true 'the plan in force' '.state == "issued"' cv.hongbang "/v1/plans/$plan"
holds --arg number "$planNumber" --arg day "$today" '.number == $number and .date == $day and (.imported | not)'
page "/xac-thuc/$(get .hash)" "$planNumber"
must cv.hongbang GET "/v1/plans/$plan/items?agency=me"
holds '[.items[].code] == ["2"]'
download cv.hongbang "/v1/plans/$plan/document?format=pdf" plan.pdf %PDF
download cv.hongbang "/v1/plans/$plan/document?format=docx" plan.docx PK
tell 5 "Kế hoạch mới: cv.stttt soạn; tp.stttt (hạn $(local_time "$due")), pgd.stttt, chanh.vp, pho.chu.tich duyệt; vt.ubnd lấy số $planNumber; quận Hồng Bàng thấy phần việc của mình." \
	"Plan $planNumber: drafted over the API, unseen by others until four levels approved it, numbered from the city's register, printed as PDF and DOCX."

# 6. An amendment, with its difference.
before=$(moment)
body '{reason: "Thêm tin vì có thủ tục mới."}'
post cv2.stttt "/v1/plans/$plan:amend"
amendment=$(get '.amendments[-1].id')
must cv2.stttt GET "/v1/plans/$plan/items?amendment=$amendment"
etag=$(get '.items[0].etag')
body '{target: {quantity: 4, unit: "tin, bài", countsPublications: true}}'
edit cv2.stttt "/v1/plans/$plan/items/$item?updateMask=target&amendment=$amendment" "$etag"
body --arg amendment "$amendment" '{amendment: $amendment}'
post cv2.stttt "/v1/plans/$plan:submit"
approve "$amendment" tp.stttt pgd.stttt chanh.vp pho.chu.tich
issue vt.ubnd "$amendment"
until_true 'the plan amended' '.state == "amended"' cv.snv "/v1/plans/$plan"
holds --arg number "$number" '.amendments | length == 1 and .[0].number == $number and (.[0].changes | length == 1)'
change=$(get '.amendments[0].changes[0] | "việc \(.itemCode): \(.before) → \(.after)"')
must cv.snv GET "/v1/plans/$plan/items?asOf=$before"
holds '.items[0].target.quantity == "3"'
tell 6 "Điều chỉnh số $number đi lại cả đường; chỗ khác: $change. Hỏi như lúc $(local_time "$before") thì vẫn là chỉ tiêu cũ." \
	"Amendment $number walked the route too and shows its difference; asked as of before, the plan still says what it said."

# 7. Content with a file and a translation; what blocks it; a preview without an account.
title="Nộp hồ sơ trực tuyến: làm ở đâu, cần giấy tờ gì (tin $walk)"
body --arg plan "$plan" --arg item "$item" --arg title "$title" '{plan: $plan, planItem: $item, title: $title, language: "vi", theme: "truc-tuyen",
	summary: "Ba bước nộp hồ sơ trực tuyến.", body: "#### Ba bước\n\nXem [hướng dẫn](/tin/khong-co).", audiences: ["nguoi-dan", "doanh-nghiep"], channels: ["portal"], example: true}'
patiently cv.stttt /v1/contents
content=$(get .id)
etag=$(header ETag)
must cv.stttt POST "/v1/contents/$content/attachments" -F "file=@$work/plan.pdf;filename=kế hoạch.pdf" -F "title=Kế hoạch số $planNumber" -F "number=$planNumber" -F "date=$today"
file=$(get '.attachments[0].sha256')
[ "$file" = "$(digest "$work/plan.pdf")" ] || fail 'the file under its own digest'
printf '<!DOCTYPE html><script>alert(1)</script>' >"$work/page.html"
ask cv.stttt POST "/v1/contents/$content/attachments" -F "file=@$work/page.html"
[ "$status" = 422 ] || fail 'a file that runs to be refused'
holds '.reason == "FILE_ACTIVE"'
must cv.stttt GET "/v1/contents/$content/checks"
blockers=$(get '[.blockers[].reason] | sort | join(", ")')
[ "$blockers" = 'HEADING_ORDER, LINK_BROKEN' ] || fail 'what blocks the item'
body '{summary: "Ba bước nộp hồ sơ trực tuyến, và nơi hỏi khi cần."}'
refused 428 cv.stttt PATCH "/v1/contents/$content"
refused 412 cv.stttt PATCH "/v1/contents/$content" -H "If-Match: $etag"
must cv.stttt GET "/v1/contents/$content"
body --arg walk "$walk" '{body: "## Ba bước\n\n1. Đăng nhập Cổng dịch vụ công.\n2. Điền tờ khai, đính kèm giấy tờ.\n3. Nhận kết quả trong 5 ngày làm việc.\n\nXem [kế hoạch](<kế hoạch.pdf>).",
	translations: [{language: "en", title: "Apply online: where, and with which papers (\($walk))", summary: "Three steps to apply online.",
	body: "## Three steps\n\n1. Sign in.\n2. Fill in the form.\n3. Receive the result within 5 working days."}]}'
edit cv.stttt "/v1/contents/$content" "$(header ETag)"
must cv.stttt GET "/v1/contents/$content/checks"
holds '(.blockers // []) | length == 0'
body '{expiresIn: 600}'
post cv.stttt "/v1/contents/$content:preview"
preview=$(get .path)
page "$preview" 'Nhận kết quả trong 5 ngày làm việc'
tell 7 "Nội dung: kèm tệp kế hoạch và bản tiếng Anh; bị chặn vì $blockers, sửa xong thì hết; sửa mà không có, hoặc có ETag cũ bị từ chối; ai có liên kết xem trước thì đọc được, không cần tài khoản." \
	'Content with a file and a translation; what blocks publication is named with its line; a preview is read by its link alone.'

# 8. An opinion, a return, a delegation.
body '{}'
post cv.stttt "/v1/contents/$content:submit"
dossier tp.stttt "$content"
body '{targets: [{agency: "H24.03"}], question: "Bước 3 có đúng thời hạn không?", term: 2}'
post tp.stttt "/v1/dossiers/$dossier:consult"
until_true 'a question for tp.snv' '.dossiers | length == 1' tp.snv "/v1/dossiers?waitingFor=opinion&document=$content"
body '{outcome: "agree_with_comments", text: "Đúng; nên ghi thêm số điện thoại."}'
post tp.snv "/v1/dossiers/$dossier:giveOpinion"
opinion=$(get '.consultations[-1].opinions[0] | select(.state == "agree_with_comments") | .text')
body --arg hash "$hash" '{hash: $hash, toLevel: 0, comment: "Thêm số điện thoại hướng dẫn."}'
post tp.stttt "/v1/dossiers/$dossier:return"
until_true 'the returned item' '.state == "returned"' cv.stttt "/v1/contents/$content"
comment=$(get .returnComment)
etag=$(header ETag)
body --arg text "$(get .body)" '{body: ($text + "\n\nCần hỏi: gọi số điện thoại ghi tại Bộ phận Một cửa.")}'
edit cv.stttt "/v1/contents/$content?updateMask=body" "$etag"
etag=$(header ETag)
revision=$(get .revision)
# The officer sees that the translation is right as it is, and says so.
must cv.stttt GET "/v1/contents/$content/checks"
holds '[.warnings[].reason] == ["TRANSLATION_BEHIND"]'
must cv.stttt GET "/v1/contents/$content"
jq --argjson revision "$revision" '{translations: [.translations[0] | {language, title, summary, body, ofRevision: $revision}]}' <"$work/answer" >"$work/body"
edit cv.stttt "/v1/contents/$content" "$etag"
holds '.translations[0].behind | not'
open_page "$preview"
[ "$status" = 410 ] || fail 'the preview to end with the edit'
body '{}'
post cv.stttt "/v1/contents/$content:submit"
approve "$content" tp.stttt
body --arg from "$(moment)" --arg to "$(moment 3600)" '{delegate: "ptp.stttt", documentTypes: ["content"], from: $from, to: $to, paper: "Giấy ủy quyền số 7/GUQ-STTTT (dữ liệu minh họa)"}'
post pgd.stttt /v1/delegations
delegation=$(get .id)
until_true 'a dossier for ptp.stttt' '.dossiers | length == 1' ptp.stttt "/v1/dossiers?waitingFor=me&document=$content"
hash=$(get '.dossiers[0].hash')
dossier=$(get '.dossiers[0].id')
body --arg hash "$hash" '{hash: $hash, onBehalfOf: "pgd.stttt"}'
post ptp.stttt "/v1/dossiers/$dossier:approve"
holds '.state == "approved"'
signed=$(get '.decisions[-1] | select(.capacity == "TUQ.") | "\(.capacity) \(.onBehalfOfName): \(.personName)"')
body '{reason: "Xong đợt."}'
post pgd.stttt "/v1/delegations/$delegation:revoke"
tell 8 "Phê duyệt: Sở Nội vụ cho ý kiến (“$opinion”); tp.stttt trả lại (“$comment”); sửa, gửi lại, liên kết xem trước cũ hết dùng; ký $signed." \
	'An opinion is asked and given in parallel; a return, an edit that ends the preview, and a decision by delegation with both names.'

# 9. Published at once, and under embargo.
until_true 'approved content' '.state == "approved"' bt.cong "/v1/contents/$content"
body '{}'
patiently bt.cong "/v1/contents/$content:publish"
until_true 'the publication and its receipt' '.publications | length == 1 and .[0].state == "published" and .[0].verified' bt.cong "/v1/publications?content=$content"
publication=$(get '.publications[0].id')
path=$(get '.publications[0].path')
for place in "$path" / /feed.atom /feed.json; do page "$place" "$walk"; done
page "/en$path" 'Receive the result within 5 working days'
open_page "/tep/$file/k%E1%BA%BF%20ho%E1%BA%A1ch.pdf"
[ "$status" = 200 ] && [ "$(digest "$work/answer")" = "$file" ] || fail 'the attached file'
grep -qi '^content-disposition: attachment' "$work/headers" || fail 'a file to be saved and not to be shown'
news 'Lịch bảo trì Cổng dịch vụ công' 'Cổng tạm dừng từ 22 giờ đến 24 giờ.'
second=$news
approve "$second" tp.stttt pgd.stttt
at=$(moment 4)
body --arg at "$at" '{publishAt: $at}'
patiently bt.cong "/v1/contents/$second:publish"
holds '.state == "scheduled"'
withdrawn=$(get .id)
withdrawnPath=$(get .path)
open_page "$withdrawnPath"
[ "$status" = 404 ] || fail 'nothing before the time'
until_true 'the publication at its time' '.state == "published" and .verified' bt.cong "/v1/publications/$withdrawn"
holds --arg at "$at" '.publishedAt | rtrimstr("Z") >= ($at | rtrimstr("Z"))'
public=$(get .publishedAt)
page "$withdrawnPath" 'từ 22 giờ'
tell 9 "Đăng: tin thứ nhất đăng ngay, có trang tiếng Anh, tệp và trong các nguồn tin: $url$path; tin thứ hai hẹn $(local_time "$at"), công khai lúc $(local_time "$public"), không sớm hơn." \
	'Published at once in two languages, with its file and in the feeds; another under embargo, not a moment early.'

# 10. Another time, an end, and meanwhile an emergency.
news 'Thông báo nghỉ giao dịch cuối tuần' 'Bộ phận Một cửa nghỉ thứ Bảy.'
approve "$news" tp.stttt pgd.stttt
body --arg at "$(moment 3600)" '{publishAt: $at}'
patiently bt.cong "/v1/contents/$news:publish"
brief=$(get .id)
briefPath=$(get .path)
etag=$(header ETag)
body '{neverExpires: true}'
refused 428 bt.cong POST "/v1/publications/$brief:reschedule"
start=$(moment 3)
finish=$(moment 7)
body --arg at "$start" --arg until "$finish" '{publishAt: $at, expiresAt: $until}'
json bt.cong POST "/v1/publications/$brief:reschedule" -H "If-Match: $etag"
news 'Tạm dừng tiếp nhận hồ sơ vì bão' 'Các Bộ phận Một cửa tạm dừng tiếp nhận hồ sơ từ 13 giờ.' "$(moment 120)"
dossier tp.stttt "$news"
body --arg hash "$hash" '{hash: $hash, reason: "Bão đổ bộ trong ngày, không chờ đủ cấp duyệt được."}'
refused 403 tp.stttt POST "/v1/dossiers/$dossier:bypass"
post pgd.stttt "/v1/dossiers/$dossier:bypass"
holds '.state == "approved" and .bypassed and .bypasses[-1].review == "pending"'
reviewDue=$(get '.bypasses[-1].reviewDueAt')
body '{}'
patiently bt.cong "/v1/contents/$news:publish"
until_true 'the urgent publication and its receipt' '.publications | length == 1 and .[0].verified' bt.cong "/v1/publications?content=$news"
urgent=$(get '.publications[0].id')
urgentPath=$(get '.publications[0].path')
page "$urgentPath" 'Bão đổ bộ trong ngày, không chờ đủ cấp duyệt được.'
shows 'Chưa được hậu kiểm'
page / 'Thông báo khẩn'
must cv.snv GET "/v1/publications/$urgent/versions"
holds '.versions[0].decisions | length == 1 and .[0].bypass and .[0].person == "pgd.stttt"'
body '{outcome: "upheld", comment: "Đúng là không chờ được."}'
refused 403 pgd.stttt POST "/v1/dossiers/$dossier:review"
post gd.stttt "/v1/dossiers/$dossier:review"
holds '.bypassed and .bypasses[-1].review == "upheld" and .bypasses[-1].reviewer == "gd.stttt"'
page "$urgentPath" 'xác nhận lần duyệt khẩn này'
tell 10 "Duyệt khẩn: pgd.stttt duyệt ngay vì bão, có dấu trên trang, tin khẩn đứng đầu trang chủ; hạn hậu kiểm $(local_time "$reviewDue"); người duyệt khẩn không tự hậu kiểm được, gd.stttt hậu kiểm và thấy đúng." \
	'An emergency bypass with its reason: marked on the page, urgent on the home page, reviewed afterwards by somebody else and by nobody who bypassed.'

# 11. The publication that was set to another time has come and gone.
until_true 'the end of the publication' '.state == "expired" and .verified' bt.cong "/v1/publications/$brief"
holds --arg start "$start" --arg finish "$finish" '(.publishedAt | rtrimstr("Z")) >= ($start | rtrimstr("Z")) and (.expiredAt | rtrimstr("Z")) >= ($finish | rtrimstr("Z"))'
public=$(get .publishedAt)
over=$(get .expiredAt)
must bt.cong GET "/v1/publications/$brief/receipts"
holds '[.receipts[].act] == ["published", "expired"]'
open_page "$briefPath" -H 'Accept: application/problem+json'
[ "$status" = 410 ] || fail 'an expired page to be gone'
holds '.reason == "PAGE_EXPIRED"'
tell 11 "Đổi giờ và hết hạn: tin hẹn sau một giờ được dời lên, công khai lúc $(local_time "$public"), hết hạn lúc $(local_time "$over"); từ đó trang trả lời 410." \
	'Set for later, moved to an earlier time and given an end: public at its time, gone (410) at its end, with the receipts of both.'

# 12. A correction.
must cv.stttt GET "/v1/contents/$content"
body --arg text "$(get .body)" '{body: ($text | sub("5 ngày"; "3 ngày")), correction: {kind: "content", reason: "Ghi sai thời hạn trả kết quả."}}'
edit cv.stttt "/v1/contents/$content" "$(header ETag)"
body '{}'
post cv.stttt "/v1/contents/$content:submit"
page "$path" '5 ngày'
approve "$content" tp.stttt pgd.stttt
body '{}'
patiently bt.cong "/v1/publications/$publication:correct"
until_true 'the correction and its receipt' '.number == 1 and .verified' bt.cong "/v1/publications/$publication"
page "$path" 'Ghi sai thời hạn trả kết quả.'
for words in 'Đính chính nội dung' '<del>5</del>' '<ins>3</ins>'; do shows "$words"; done
if grep -qF 'Tệp đính kèm: ' "$work/answer"; then fail 'only what was changed among the changes'; fi
must cv.snv GET "/v1/publications/$publication/versions"
holds '.versions | length == 2 and (.[0].content.body | contains("5 ngày")) and (.[1].content.body | contains("3 ngày"))'
page "$path/ban/0" '5 ngày'
page "/en$path" 'does not follow the last change of the original yet'
tell 12 "Đính chính: trang ghi chữ cũ 5, chữ mới 3, lý do và giờ; bản cũ vẫn xem được ở $path/ban/0; bản tiếng Anh được đánh dấu là chưa theo kịp." \
	'Corrected: the page shows old and new words with reason and time, both versions are kept, the translation is marked as behind.'

# 13. A withdrawal.
body --arg replacement "$publication" '{reason: "Lịch bảo trì đã bị hủy.", replacement: $replacement}'
post cv.stttt "/v1/publications/$withdrawn:withdraw"
withdrawal=$(get .withdrawal.id)
approve "$withdrawal" tp.stttt pgd.stttt
until_true 'the withdrawal and its receipt' '.state == "withdrawn" and .verified' bt.cong "/v1/publications/$withdrawn"
open_page "$withdrawnPath" -H 'Accept: application/problem+json'
[ "$status" = 410 ] || fail 'a withdrawn page to be gone'
holds --arg path "$path" '.reason == "PAGE_WITHDRAWN" and (.detail | contains("Lịch bảo trì đã bị hủy.")) and (.replacement | endswith($path))'
open_page "$withdrawnPath"
[ "$status" = 410 ] || fail 'a withdrawn page to be gone'
shows 'Lịch bảo trì đã bị hủy.'
if grep -qF 'từ 22 giờ' "$work/answer"; then fail 'nothing of the text that was withdrawn'; fi
must bt.cong GET "/v1/publications/$withdrawn/receipts"
receipts=$(get '[.receipts[] | "\(.channel): \(.act)"] | join(", ")')
holds '[.receipts[].act] == ["published", "withdrawn"]'
tell 13 "Thu hồi: trang trả lời 410 kèm lý do và bài thay thế, cho người đọc và cho chương trình; biên nhận: $receipts." \
	'Withdrawn: 410 with the reason and what takes its place, to people and to programs; the portal gave its receipts.'

# 14. Numbers: of the office's own system, and one that was voided.
body --argjson year "$year" '{issuer: "H24.02", year: $year, name: "Sổ thông báo, đánh số trên phần mềm văn bản của Sở", managed: "elsewhere",
	types: [{documentType: "content", abbreviation: "TB"}]}'
ask vt.stttt POST /v1/registers -H 'Content-Type: application/json' --data-binary "@$work/body"
[ "$status" = 200 ] || { [ "$status" = 409 ] && holds '.reason == "REGISTER_TYPE_TAKEN"'; } || fail 'a register'
must vt.stttt GET "/v1/registers?issuer=H24.02&year=$year"
# The office's next number; below 10 it has a nought before it (NĐ 30/2020).
entered=$(get '[.registers[] | select(.managed == "elsewhere")][0] | (.lastNumber // 0) + 1 | if . < 10 then "0\(.)" else "\(.)" end')/TB-STTTT
numbered vt.stttt content "$content"
body --arg number "38a/TB-STTTT" '{number: $number}'
refused 422 vt.stttt POST "/v1/dossiers/$dossier:issue"
body --arg number "$entered" '{number: $number}'
post vt.stttt "/v1/dossiers/$dossier:issue"
holds --arg number "$entered" '.state == "issued" and .number == $number'
numbered vt.stttt content "$second"
refused 409 vt.stttt POST "/v1/dossiers/$dossier:issue"
holds '.reason == "NUMBER_TAKEN"'
numbered vt.stttt correction "$content"
body '{}'
post vt.stttt "/v1/dossiers/$dossier:issue"
voided=$(get .number)
register=$(get .register)
body '{reason: "Cấp nhầm: đính chính trên cổng không phát hành văn bản."}'
post vt.stttt "/v1/registers/$register/numbers/${voided%%/*}:void"
refused 409 vt.stttt POST "/v1/registers/$register/numbers/${voided%%/*}:void"
issue vt.stttt "$withdrawal"
[ "${number%%/*}" -eq "$((${voided%%/*} + 1))" ] || fail 'the number after the one that was voided'
must vt.stttt GET "/v1/registers/$register/numbers?pageSize=200"
holds --arg number "$voided" '.numbers[] | select(.text == $number) | .state == "voided" and .reason != ""'
tell 14 "Số văn bản: số $entered do phần mềm của Sở cấp được nhập vào, nhập trùng hay sai thể thức bị từ chối; số $voided hủy kèm lý do, vẫn nằm trong sổ, văn bản sau lấy số $number." \
	'Numbers: one of the office’s own system is entered once and in its form; a voided one stays in the register with its reason and is never given again.'

# 15. What was done outside Loa.
earlier=$(moment)
printf 'Danh sách bản tin đã phát, dữ liệu minh họa.\n' >"$work/list.txt"
must cv.hongbang POST "/v1/plans/$plan/items/2/evidence" -F "file=@$work/list.txt;filename=ban-tin.txt" -F 'title=Danh sách bản tin đã phát'
jq --arg day "${today}T00:00:00+07:00" '{quantity: 5, unit: "bản tin", happenedAt: $day, place: "Phường Minh Khai", channel: "loudspeaker", evidence: [.], example: true}' <"$work/answer" >"$work/body"
post cv.hongbang "/v1/plans/$plan/items/2/results"
result=$(get .id)
until_true 'the result at the plan'"'"'s lead' '.state == "recorded"' cv2.stttt "/v1/results/$result"
body '{reason: "Danh sách chỉ có bốn bản tin."}'
post cv2.stttt "/v1/results/$result:question"
must cv.hongbang GET "/v1/results/$result"
body '{quantity: 4}'
edit cv.hongbang "/v1/results/$result?updateMask=quantity" "$(get .etag)"
body '{}'
refused 403 cv.hongbang POST "/v1/results/$result:confirm"
post cv.stttt "/v1/results/$result:confirm"
holds '.state == "confirmed" and .quantity == "4"'
body --arg link "$url$path" --arg day "${today}T00:00:00+07:00" '{quantity: 1, unit: "tin, bài", happenedAt: $day, evidence: [{kind: "link", title: "Tin", link: $link}]}'
refused 422 cv.stttt POST "/v1/plans/$plan/items/1/results"
holds '.errors[0].reason == "EVIDENCE_IS_PUBLICATION"'
body --arg link "https://baohaiphong.vn/dich-vu-cong-truc-tuyen-$(date +%s)" --arg day "${today}T00:00:00+07:00" '{quantity: 1, unit: "tin, bài", happenedAt: $day, channel: "press",
	place: "Báo Hải Phòng", evidence: [{kind: "link", title: "Bài trên báo, dữ liệu minh họa", link: $link}], example: true}'
post cv.stttt "/v1/plans/$plan/items/1/results"
pressArticle=$(get .id)
refused 422 cv2.stttt POST "/v1/plans/$plan/items/1/results"
holds '.errors[0].reason == "EVIDENCE_USED"'
body '{}'
refused 403 cv.stttt POST "/v1/results/$pressArticle:confirm"
post tp.stttt "/v1/results/$pressArticle:confirm"
tell 15 'Kết quả ngoài Loa: quận ghi 5 bản tin kèm danh sách; Sở hỏi lại, quận sửa còn 4, Sở xác nhận. Bài báo in ghi một lần, người ghi không tự xác nhận được. Tin đã đăng ở đây thì không được ghi lần nữa.' \
	'Results made outside: recorded with evidence, questioned, mended, confirmed by the lead; a press article counts once, and what is published here not again.'

# 16. Progress, and the events under a figure.
until_true 'progress with the result' '.figures.items[1].actual == "4"' cv.snv "/v1/plans/$plan/progress"
holds '.figures.items[0] | .actual == "4" and .target == "4" and .byPublications == "3" and .byResults == "1"'
holds '.figures.channels[] | select(.code == "press") | .byResults == "1"'
progress=$(get '[.figures.items[] | "việc \(.code): \(.actual)/\(.target) \(.unit)"] | join("; ")')
must cv.snv GET "/v1/plans/$plan/progress/events?line=item:1"
holds --argjson all "[\"$publication\", \"$urgent\", \"$brief\"]" --arg article "$pressArticle" '([.events[].publication | select(. != "" and . != null)] | sort) == ($all | sort) and any(.events[]; .result == $article)'
event=$(get '.events[0].event')
must cv.snv GET "/v1/plans/$plan/progress/events?line=item:2"
holds --arg result "$result" '[.events[].result] == [$result]'
must cv.snv GET "/v1/plans/$plan/progress?asOf=$earlier"
holds '.figures.items[1].actual == null'
page "/ke-hoach" "$walk"
tell 16 "Tiến độ: $progress (tin đã thu hồi không tính); dưới con số là sự kiện $event; hỏi như lúc $(local_time "$earlier") thì việc 2 chưa có số liệu, không phải là 0." \
	'Progress says what counts and opens the events under each figure; asked as of before, what was missing is missing and not nought.'

# 17. The report of March 2022, on paper.
body --arg plan "$plan38" '{plan: $plan, period: "2022-M03"}'
post cv.stttt /v1/reports:compile
report=$(get .id)
canonical=$(get .canonical)
state=$(get .state)
post cv.stttt /v1/reports:compile
[ "$(get .canonical)" = "$canonical" ] || fail 'the same bytes of a report compiled twice'
case $state in compiled | returned)
	body '{}'
	post cv.stttt "/v1/reports/$report:submit"
	;;
esac
[ "$state" = issued ] || {
	approve "$report" tp.stttt pgd.stttt
	issue vt.stttt "$report"
}
until_true 'the report with its documents' '.state == "issued" and (.documents | length == 4)' cv.stttt "/v1/reports/$report"
cp "$work/answer" "$work/report.json"
path38=$(get .path)
number=$(get .number)
figures=$(get '"\(.figures.published) tin đăng trong kỳ \(.from) – \(.to), sự kiện \([.figures.items[].counted[]?.event][0])"')
for format in pdf docx xlsx csv; do
	beginning=PK
	[ "$format" != pdf ] || beginning=%PDF
	[ "$format" != csv ] || beginning=$(printf '\357\273\277')
	download cv.hongbang "/v1/reports/$report/document?format=$format" "report.$format" "$beginning"
	stated=$(jq -er --arg format "$format" '.documents[] | select(.format == $format) | .sha256' "$work/report.json")
	[ "$(digest "$work/report.$format")" = "$stated" ] || fail "$format with the digest that the API says"
done
page "$path38" "$number"
page "/xac-thuc/$(digest "$work/report.pdf")" 'Đúng là của thành phố'
shows "$number"
page "/xac-thuc/$(jq -r .hash "$work/report.json")" 'Đúng là của thành phố'
open_page "/xac-thuc/$(printf '%064d' 0)"
[ "$status" = 404 ] || fail 'nothing under a digest that is of nothing'
tell 17 "Báo cáo tháng 3/2022 số $number: $figures; PDF, DOCX, XLSX, CSV đúng mã băm; kiểm chứng được: $url/xac-thuc/$(digest "$work/report.pdf")" \
	'The report of March 2022: the same bytes when compiled twice, approved, numbered, stored in four formats, and known again by its digest.'

# 18. History by CSV, all or nothing; late facts do not change what was issued.
for file in history-articles history-results; do sed "s/\${ITEM}/$item38/g" "examples/plan-38/$file.csv" >"$work/$file.csv"; done
{ cat "$work/history-articles.csv" && echo "$item38,Ba,s,b,hôm qua,,,,,true"; } >"$work/bad.csv"
ask luu.tru POST /v1/contents:importPublishedCsv -H 'Content-Type: text/csv' --data-binary "@$work/bad.csv"
[ "$status" = 422 ] || fail 'a file with one wrong line to be refused whole'
holds '[.errors[] | [.row, .column]] == [[4, "published_at"]]'
must luu.tru POST '/v1/contents:importPublishedCsv?dryRun=true' -H 'Content-Type: text/csv' --data-binary "@$work/history-articles.csv"
holds '(.rows | length) == 2 and (.import // "") == ""'
must luu.tru POST /v1/contents:importPublishedCsv -H 'Content-Type: text/csv' --data-binary "@$work/history-articles.csv"
rows=$(get '.rows | length')
late=$(get '.rows[0].content')
must luu.tru POST "/v1/plans/$plan38/results:import?dryRun=true&example=true" -H 'Content-Type: text/csv' --data-binary "@$work/history-results.csv"
holds '.dryRun and (.understood | length) == 2'
must luu.tru POST "/v1/plans/$plan38/results:import?example=true" -H 'Content-Type: text/csv' --data-binary "@$work/history-results.csv"
results=$(get .rows)
until_true 'the history on the portal' '.publications | length == 1 and .[0].imported and .[0].verified' bt.cong "/v1/publications?content=$late"
page "$(get '.publications[0].path')" '08/03/2022'
must cv.stttt GET "/v1/reports/$report"
[ "$(get .canonical)" = "$canonical" ] || fail 'an issued report that stays as it is'
end=$(($(date +%s) + 30))
body --arg plan "$plan38" '{plan: $plan, period: "2022-M04"}'
while post cv.stttt /v1/reports:compile; do
	if jq -e '.figures.items[0].besides[0].actual == "1" and (.lateFacts // [] | length) > 0' <"$work/answer" >/dev/null; then break; fi
	[ "$(date +%s)" -lt "$end" ] || fail 'the report of April with what came late for March'
	sleep 0.1
done
lateFact=$(get '.lateFacts[0] | "“\(.fact.title)”, kỳ \(.period)"')
tell 18 "Tư liệu: tệp có một dòng sai thì không dòng nào vào; chạy thử, rồi $rows tin và $results kết quả vào, có dấu tư liệu. Báo cáo tháng 3 giữ nguyên; báo cáo tháng 4 kể việc đến muộn: $lateFact." \
	'History by CSV: dry run, all or nothing. The issued report stays; the next one tells what came late.'

# 19. Found without diacritics; the register; what programs read.
page '/tim-kiem?q=nop+ho+so+truc+tuyen&moi=1' "$walk"
page '/tim-kiem?q=38/KH-UBND' '38/KH-UBND'
must thanh.tra GET "/v1/registers?issuer=H24&year=$year"
register=$(get '[.registers[] | select(.types[].documentType == "plan")][0].id')
download thanh.tra "/v1/registers/$register/document?format=xlsx" register.xlsx PK
must thanh.tra GET "/v1/registers/$register/numbers?pageSize=200"
holds '[.numbers[].number] | sort | . == [range(.[0]; .[0] + length)]'
numbers=$(get '.numbers | length')
page /sitemap.xml "$url$path<"
page /robots.txt 'Sitemap:'
open_page /feed.json
holds --arg walk "$walk" 'any(.items[]; .title | contains($walk))'
tell 19 "Tìm “nop ho so truc tuyen” không dấu ra tin có dấu; sổ đăng ký của thành phố có $numbers số, liền nhau, tải được dạng XLSX; có sitemap, Atom, JSON Feed." \
	'Search forgives diacritics; the register has no gaps and is a workbook too; sitemap and feeds are for programs.'
