package apidoc

import "github.com/loa-vn/loa/pkg/errs"

// words are what a page says around the document's own text.
type words struct {
	Title, Lead, Skip, Contents, OtherLanguage, Manners, Operations, Schemas, Reasons, ReasonsLead, Back     string
	Parameters, Body, Answer, Headers, Problems, Example, Name, Type, Meaning, Required, Status, In, Machine string
	MannerList                                                                                               []string
}

func wordsOf(l errs.Language) words {
	if l == errs.English {
		return words{
			Title: "Loa API reference", Skip: "Skip to the content", Contents: "Contents", OtherLanguage: "Tiếng Việt",
			Lead:    "How an agency's program works with Loa: from the plan to approved content, to publication, to the results report.",
			Manners: "Manners", Operations: "Operations", Schemas: "Schemas", Reasons: "Reasons",
			ReasonsLead: "The word in “reason” is stable: a program may act on it. Words in braces are filled in the answer.",
			Back:        "Back to the reference",
			Parameters:  "Parameters", Body: "Body", Answer: "Answer", Headers: "Headers", Problems: "Errors", Example: "Example",
			Name: "Name", Type: "Type", Meaning: "Meaning", Required: "required", Status: "Status", In: "in",
			Machine: "OpenAPI 3 document",
			MannerList: []string{
				"Identity: the header Authorization: Bearer with a token of the organisation's sign-in service, meant for the audience loa.",
				"JSON in lowerCamelCase, UTF-8; times RFC 3339 with zone, dates YYYY-MM-DD; a field that does not exist is refused (UNKNOWN_FIELD).",
				"Every POST, PUT and PATCH takes Idempotency-Key (at most 128 bytes): a repeat gets the first answer, another body under the same key is 422. Without it one is made and told in the answer.",
				"A write answers with Loa-Position; a read with Loa-At-Least and that value is never older, or 503 READ_MODEL_BEHIND.",
				"What is edited carries an ETag; If-Match is required to edit it (428 without, 412 when stale).",
				"Lists take pageSize (at most 200, 50 by default) and pageToken; the answer carries nextPageToken until the end.",
				"Errors are application/problem+json (RFC 9457) with a stable reason, in the language of Accept-Language: vi or en.",
				"Limits: a body has at most 1 MiB; one caller makes about 50 requests a second with bursts of 200 (429 with Retry-After beyond, unless configured otherwise).",
				"X-Request-Id is taken and told; traceparent (W3C) is followed.",
			},
		}
	}
	return words{
		Title: "Tài liệu API Loa", Skip: "Đến nội dung chính", Contents: "Mục lục", OtherLanguage: "English",
		Lead:    "Cách chương trình của cơ quan làm việc với Loa: từ kế hoạch đến tin bài được duyệt, đăng tải và báo cáo kết quả.",
		Manners: "Quy ước chung", Operations: "Thao tác", Schemas: "Kiểu dữ liệu", Reasons: "Mã lý do",
		ReasonsLead: "Từ trong “reason” là cố định: chương trình có thể dựa vào đó. Phần trong ngoặc nhọn được điền khi trả lời.",
		Back:        "Về trang tài liệu",
		Parameters:  "Tham số", Body: "Nội dung gửi", Answer: "Trả lời", Headers: "Tiêu đề", Problems: "Lỗi", Example: "Ví dụ",
		Name: "Tên", Type: "Kiểu", Meaning: "Ý nghĩa", Required: "bắt buộc", Status: "Mã HTTP", In: "trong",
		Machine: "Tài liệu OpenAPI 3",
		MannerList: []string{
			"Định danh: tiêu đề Authorization: Bearer mang mã do dịch vụ đăng nhập của tổ chức cấp, dành cho đối tượng (audience) loa.",
			"JSON kiểu lowerCamelCase, UTF-8; thời điểm theo RFC 3339 có múi giờ, ngày viết YYYY-MM-DD; trường không có trong mô tả bị từ chối (UNKNOWN_FIELD).",
			"Mọi POST, PUT và PATCH nhận Idempotency-Key (tối đa 128 byte): gửi lại thì nhận đúng câu trả lời đầu tiên, nội dung khác với cùng khóa là 422. Không gửi thì hệ thống tạo khóa và báo lại.",
			"Thao tác ghi trả về Loa-Position; đọc với Loa-At-Least mang giá trị ấy thì không bao giờ thấy bản cũ hơn, hoặc nhận 503 READ_MODEL_BEHIND.",
			"Thứ sửa được có ETag; sửa phải có If-Match (thiếu là 428, đã cũ là 412).",
			"Danh sách nhận pageSize (tối đa 200, mặc định 50) và pageToken; còn nữa thì trả lời có nextPageToken.",
			"Lỗi là application/problem+json (RFC 9457) với mã lý do cố định, theo ngôn ngữ trong Accept-Language: vi hoặc en.",
			"Giới hạn: nội dung gửi tối đa 1 MiB; mỗi người gọi khoảng 50 yêu cầu mỗi giây, dồn được 200 (vượt thì 429 kèm Retry-After, trừ khi cấu hình khác).",
			"X-Request-Id được nhận và trả lại; traceparent (W3C) được nối tiếp.",
		},
	}
}

// tag is one service's group on the page.
type tag struct{ name, vi, en string }

func (t tag) title(l errs.Language) string {
	if l == errs.English {
		return t.en
	}
	return t.vi
}

// tags in the order of the work: who, what is planned, what is written, approved, published, reported.
func tags() []tag {
	return []tag{
		{"DirectoryService", "Danh bạ: cơ quan, đơn vị, con người", "Directory: agencies, units, people"},
		{"PlanService", "Kế hoạch truyền thông", "Communication plans"},
		{"ContentService", "Tin bài", "Content"},
		{"ApprovalService", "Trình duyệt: hồ sơ và quy trình", "Approval: dossiers and routes"},
		{"RegisterService", "Số và sổ đăng ký văn bản", "Numbers and registers"},
		{"DistributionService", "Đăng tải", "Publication"},
		{"ResultService", "Kết quả làm ngoài Loa", "Results made outside Loa"},
		{"ReportService", "Báo cáo kết quả", "Results reports"},
		{"ProofService", "Bằng chứng: nhật ký không bị sửa", "Proof that the logs were not altered"},
	}
}

// operationTitle names an operation in few words; not ok for one that has no name yet.
func operationTitle(id string, l errs.Language) (string, bool) {
	titles := map[string][2]string{
		"GetMe":           {"Tôi là ai trong hệ thống", "Who I am to Loa"},
		"ListAgencies":    {"Danh sách cơ quan", "List agencies"},
		"GetAgency":       {"Một cơ quan", "Get an agency"},
		"ImportAgencies":  {"Nạp danh sách cơ quan (CSV)", "Import agencies (CSV)"},
		"ListPeople":      {"Danh sách người", "List people"},
		"ListUnits":       {"Danh sách đơn vị", "List units"},
		"ImportPeople":    {"Nạp danh sách người (CSV)", "Import people (CSV)"},
		"ImportPlan":      {"Nạp kế hoạch đã ban hành (YAML)", "Import an issued plan (YAML)"},
		"GetPlan":         {"Một kế hoạch", "Get a plan"},
		"ListPlans":       {"Danh sách kế hoạch", "List plans"},
		"ListPlanItems":   {"Các mục của kế hoạch", "List a plan's items"},
		"CreateContent":   {"Soạn tin bài mới", "Draft an item"},
		"GetContent":      {"Một tin bài", "Get an item"},
		"ListContents":    {"Danh sách tin bài", "List items"},
		"UpdateContent":   {"Sửa tin bài", "Edit an item"},
		"ListRevisions":   {"Các bản của tin bài", "List an item's revisions"},
		"SubmitContent":   {"Trình duyệt tin bài", "Submit an item for approval"},
		"ImportPublished": {"Nạp tin bài đã đăng trước đây", "Bring in what was published before"},

		"ImportPublishedCsv": {"Nạp nhiều tin bài đã đăng trước đây từ CSV", "Bring in many that were published before, from CSV"},
		"GetRevision":        {"Xem một bản của tin bài", "Read one revision of an item"},
		"CompareRevisions":   {"So hai bản của tin bài", "Compare two revisions of an item"},
		"RestoreContent":     {"Khôi phục một bản cũ", "Restore an earlier revision"},
		"AddAttachment":      {"Thêm tệp đính kèm", "Add an attachment"},
		"GetAttachment":      {"Tải tệp đính kèm", "Get an attachment"},
		"UpdateAttachment":   {"Sửa thông tin tệp đính kèm", "Edit what is said of an attachment"},
		"RemoveAttachment":   {"Bỏ tệp đính kèm", "Remove an attachment"},
		"ListChecks":         {"Kiểm tra trước khi đăng", "Check an item before publication"},
		"PreviewContent":     {"Tạo liên kết xem trước", "Make a preview link"},

		"GetRoute":              {"Quy trình duyệt của một loại văn bản", "Get an approval route"},
		"PutRoute":              {"Đặt quy trình duyệt", "Set an approval route"},
		"GetDossier":            {"Một hồ sơ trình", "Get a dossier"},
		"ListDossiers":          {"Danh sách hồ sơ trình", "List dossiers"},
		"Approve":               {"Duyệt hồ sơ ở cấp của mình", "Approve a dossier at one's level"},
		"Return":                {"Trả lại hồ sơ kèm lý do", "Return a dossier with a comment"},
		"PublishContent":        {"Đăng tin bài, ngay hoặc hẹn giờ", "Publish an item, now or at a time"},
		"GetPublication":        {"Một lần đăng", "Get a publication"},
		"ListPublications":      {"Danh sách lần đăng", "List publications"},
		"ListReceipts":          {"Xác nhận của từng kênh", "List the channels' receipts"},
		"CompileReport":         {"Lập báo cáo của một kỳ", "Compile a period's report"},
		"GetReport":             {"Một báo cáo", "Get a report"},
		"ListReports":           {"Danh sách báo cáo", "List reports"},
		"UpdateReport":          {"Viết phần lời của báo cáo", "Write a report's sections"},
		"SubmitReport":          {"Trình duyệt báo cáo", "Submit a report for approval"},
		"GetCalendar":           {"Ngày nghỉ và ngày làm bù của một năm", "A year's holidays and swapped working days"},
		"PutCalendar":           {"Đặt ngày nghỉ và ngày làm bù của một năm", "Set a year's holidays and swapped working days"},
		"ListDelegations":       {"Danh sách ủy quyền", "List delegations"},
		"GiveDelegation":        {"Ủy quyền cho người khác quyết định", "Delegate decisions to somebody"},
		"GetDelegation":         {"Một ủy quyền", "Get a delegation"},
		"RevokeDelegation":      {"Chấm dứt ủy quyền", "End a delegation"},
		"Bypass":                {"Duyệt khẩn, xem lại sau", "Approve in an emergency, to be reviewed"},
		"Review":                {"Xem lại một lần duyệt khẩn", "Review an emergency approval"},
		"Consult":               {"Lấy ý kiến các đơn vị khác", "Ask other units for their opinion"},
		"GiveOpinion":           {"Cho ý kiến", "Give an opinion"},
		"Issue":                 {"Cấp số và ban hành", "Number and issue"},
		"CreatePlan":            {"Soạn kế hoạch", "Draft a plan"},
		"UpdatePlan":            {"Sửa kế hoạch đang soạn hoặc bản sửa đổi", "Edit a draft or an amendment"},
		"GetPlanDocument":       {"Kế hoạch dưới dạng văn bản", "The plan as a document"},
		"CreatePlanItem":        {"Thêm một mục", "Add an item"},
		"UpdatePlanItem":        {"Sửa một mục", "Edit an item"},
		"DeletePlanItem":        {"Bỏ một mục", "Take an item out"},
		"AmendPlan":             {"Bắt đầu sửa đổi kế hoạch đã ban hành", "Begin an amendment of an issued plan"},
		"ClosePlan":             {"Kết thúc kế hoạch", "Close a plan"},
		"DiscardPlan":           {"Bỏ bản đang soạn", "Discard a draft"},
		"SubmitPlan":            {"Trình duyệt kế hoạch hoặc bản sửa đổi", "Submit a plan or an amendment"},
		"GetPlanTemplate":       {"Mẫu kế hoạch (XLSX)", "The plan template (XLSX)"},
		"RecordResult":          {"Ghi một kết quả làm ngoài Loa", "Record a result made outside Loa"},
		"ListResults":           {"Kết quả của một mục", "List an item's results"},
		"ListPlanResults":       {"Kết quả của cả kế hoạch", "List a plan's results"},
		"GetResult":             {"Một kết quả", "Get a result"},
		"UpdateResult":          {"Sửa kết quả chưa được xác nhận", "Edit a result that is not confirmed"},
		"ConfirmResult":         {"Xác nhận kết quả", "Confirm a result"},
		"QuestionResult":        {"Hỏi lại kết quả", "Question a result"},
		"RetractResult":         {"Rút lại kết quả", "Retract a result"},
		"AddEvidence":           {"Gửi tệp minh chứng của kết quả", "Send a file as evidence of a result"},
		"GetEvidence":           {"Tải tệp minh chứng", "Get a file of evidence"},
		"ImportResults":         {"Nạp kết quả trước đây (CSV)", "Bring in earlier results (CSV)"},
		"GetProgress":           {"Tiến độ kế hoạch: kế hoạch so với thực tế", "Progress: plan versus actual"},
		"ListProgressEvents":    {"Các sự kiện đứng sau một con số", "The events under a figure"},
		"ListVersions":          {"Các bản đã đăng", "The versions that were published"},
		"CancelPublication":     {"Hủy một lần hẹn đăng", "Call off what is scheduled"},
		"CorrectPublication":    {"Đăng đính chính đã duyệt", "Publish an approved correction"},
		"ReschedulePublication": {"Đổi giờ đăng hoặc giờ hết hạn", "Change when it is published or expires"},
		"WithdrawPublication":   {"Đề nghị thu hồi kèm lý do", "Ask for a withdrawal with its reason"},
		"ListRegisters":         {"Danh sách sổ đăng ký văn bản", "List registers"},
		"OpenRegister":          {"Mở sổ đăng ký văn bản", "Open a register"},
		"GetRegister":           {"Một sổ đăng ký văn bản", "Get a register"},
		"ExportNumbers":         {"Sổ đăng ký văn bản (XLSX)", "A register as a workbook (XLSX)"},
		"ListNumbers":           {"Các số đã cấp", "List the numbers given"},
		"VoidNumber":            {"Hủy một số kèm lý do", "Void a number with its reason"},
		"GetReportDocument":     {"Báo cáo dưới dạng văn bản", "The report as a document"},
		"ListReportEvidence":    {"Phụ lục: từng tin bài và kết quả được tính", "The annex: every item that is counted"},
		"GetCheckpoint":         {"Điểm kiểm tra mới nhất, có chữ ký", "Get the last signed checkpoint"},
		"ProveEvent":            {"Chứng minh một sự kiện nằm trong nhật ký", "Prove that an event stands in the log"},
		"ProveConsistency":      {"Chứng minh nhật ký chỉ được ghi thêm", "Prove that the log only grew"},
	}
	title, ok := titles[id]
	if l == errs.English {
		return title[1], ok
	}
	return title[0], ok
}
