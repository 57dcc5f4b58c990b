package page

// words are the fixed words of the pages in one language. A field that a language lacks cannot be
// missed: a test walks them all.
type words struct {
	SiteName, Authority, SkipLink, MainNav, Menu, OtherLanguage, OtherLanguageCode string
	News, Reports, Home, YouAreHere, Feed, Receive, Contents, About                string
	Example, ExampleExcept, ExampleLong, ExampleLongExcept, ExampleTag             string

	HeroTitle, HeroText, Latest, NoNews, NoReports, Services, ReportsDoor, ReportsDoorText string
	FeedDoorText, Themes, NewsCount, AttachmentCount, ReportPeriod                         string

	PrintView, Imported, ImportedNote, Source, Attachments, NoFile, Form, Issuer, Number, IssuedOn, Abstract string
	QRTitle, QRLabel, QRHint, FeedHint, OtherNews, Utilities                                                 string
	Printed, PrintedNow, BackToArticle, HowToPrint, PrintTitle                                               string

	ReportKicker, Plan, Missing, MissingList, NoTarget, Table                        string
	Done, Scheduled, Planned, Expected, Ratio, CountedFrom                           string
	CountedMany, ByItem, ByAgency, ByTheme, ByAudience, ByChannel                    string
	Name, Unit, Approval, ApprovedOn, Hash, HashNote, Invented, Figures, NoFigures   string
	NotFoundTitle, NotFoundText, UnavailableTitle, UnavailableText, GoHome, TryLater string
}

func wordsOf(lang Lang) words {
	if lang == En {
		return english()
	}
	return vietnamese()
}

func vietnamese() words {
	return words{
		SiteName:          "Loa Hải Phòng",
		Authority:         "Ủy ban nhân dân thành phố Hải Phòng",
		SkipLink:          "Đến nội dung chính",
		MainNav:           "Chính",
		Menu:              "Mục lục",
		OtherLanguage:     "English",
		OtherLanguageCode: "en",
		News:              "Tin và thông báo",
		Reports:           "Báo cáo",
		Home:              "Trang chủ",
		YouAreHere:        "Bạn đang ở",
		Feed:              "Nguồn tin Atom",
		Receive:           "Nhận tin",
		Contents:          "Các mục",
		About: "Kênh thông tin của Ủy ban nhân dân thành phố Hải Phòng. Mỗi bài ghi rõ cơ quan ban hành, ngày giờ đăng và nguồn tin; " +
			"bài soạn trên Loa chỉ được đăng sau khi đã phê duyệt.",
		Example:           "Dữ liệu ví dụ",
		ExampleExcept:     "Dữ liệu ví dụ, trừ %s",
		ExampleLong:       ": tin, người và số liệu trên trang này được đặt ra để minh họa",
		ExampleLongExcept: ": tin, người và số liệu khác được đặt ra để minh họa",
		ExampleTag:        "Ví dụ",

		HeroTitle:       "Thông tin chính thức của thành phố: đầy đủ, kịp thời, đúng đối tượng",
		HeroText:        "Thông báo và báo cáo của Ủy ban nhân dân thành phố, các sở, ngành, quận, huyện.",
		Latest:          "Mới nhất",
		NoNews:          "Chưa có tin nào. Tin đã phê duyệt và đăng sẽ hiện ở đây, mới nhất trước.",
		NoReports:       "Chưa có báo cáo nào được công bố. Báo cáo kết quả đã phê duyệt sẽ hiện ở đây.",
		Services:        "Lối vào và chủ đề",
		ReportsDoor:     "Báo cáo kết quả",
		ReportsDoorText: "Kế hoạch và việc đã làm, theo từng kỳ.",
		FeedDoorText:    "Đọc tin mới bằng phần mềm đọc tin.",
		Themes:          "Theo chủ đề",
		NewsCount:       "tin",
		AttachmentCount: "%d tài liệu đính kèm",
		ReportPeriod:    "Kỳ báo cáo",

		PrintView:     "Bản in",
		Imported:      "Tư liệu nhập lại",
		ImportedNote:  "Tin này đã đăng ngày %s, trước khi có trang này, và được nhập lại vào Loa ngày %s như tư liệu; việc phê duyệt khi đó không diễn ra trên Loa.",
		Source:        "Nguồn tin",
		Attachments:   "Tài liệu đính kèm",
		NoFile:        "Tệp của văn bản chưa có trên Loa; tên và số ghi theo nguồn tin.",
		Form:          "Hình thức",
		Issuer:        "Cơ quan ban hành",
		Number:        "Số, ký hiệu",
		IssuedOn:      "Ngày ban hành",
		Abstract:      "Trích yếu",
		QRTitle:       "Mã QR của trang",
		QRLabel:       "Mã QR mở trang này trên điện thoại",
		QRHint:        "Quét để đọc trên điện thoại, hoặc dán lên bản in.",
		FeedHint:      "Tin mới có trong",
		OtherNews:     "Tin khác",
		Utilities:     "Tiện ích thông tin",
		Printed:       "In từ Loa Hải Phòng, %s. Bản trên mạng có thể đã được đính chính: quét mã QR để xem.",
		PrintedNow:    "In từ Loa Hải Phòng, %s, lúc %s ngày %s. Bản trên mạng có thể đã được đính chính: quét mã QR để xem.",
		BackToArticle: "Về bài viết",
		HowToPrint:    "Để in, dùng lệnh In của trình duyệt (Ctrl+P).",
		PrintTitle:    "Bản in: %s",

		ReportKicker:     "Báo cáo kết quả",
		Plan:             "Kế hoạch",
		Missing:          "Chưa có",
		MissingList:      "Chưa có số liệu của:",
		NoTarget:         "không đặt chỉ tiêu",
		Table:            "Bảng",
		Done:             "Đã làm",
		Scheduled:        "Đã hẹn",
		Planned:          "Kế hoạch",
		Expected:         "Mức phải đạt đến hết kỳ",
		Ratio:            "Tỷ lệ",
		CountedFrom:      "Tính từ",
		CountedMany:      "Tính từ %d tin",
		ByItem:           "Theo việc của kế hoạch",
		ByAgency:         "Theo cơ quan",
		ByTheme:          "Theo chủ đề",
		ByAudience:       "Theo đối tượng",
		ByChannel:        "Theo kênh",
		Name:             "Tên",
		Unit:             "Đơn vị",
		Approval:         "Phê duyệt",
		ApprovedOn:       "phê duyệt ngày",
		Hash:             "Mã băm của số liệu",
		HashNote:         "SHA-256 của bảng số liệu chuẩn. Tính lại từ cùng nhật ký phải ra đúng mã này; số liệu đến muộn nằm ở bản tính lại, không sửa báo cáo này.",
		Invented:         "nhân vật ví dụ",
		Figures:          "Con số chính",
		NoFigures:        "Báo cáo này không có số liệu cho phần này.",
		NotFoundTitle:    "Không tìm thấy trang",
		NotFoundText:     "Địa chỉ có thể đã gõ sai, hoặc trang không có ở đây. Hãy xem tin mới nhất ở trang chủ.",
		UnavailableTitle: "Trang đang cập nhật",
		UnavailableText:  "Loa đang nạp dữ liệu và sẽ trở lại sau ít phút. Không có gì bị mất.",
		GoHome:           "Về trang chủ",
		TryLater:         "Hãy tải lại trang sau một phút.",
	}
}

func english() words {
	return words{
		SiteName:          "Loa Hai Phong",
		Authority:         "People’s Committee of Hai Phong City",
		SkipLink:          "Skip to main content",
		MainNav:           "Main",
		Menu:              "Menu",
		OtherLanguage:     "Tiếng Việt",
		OtherLanguageCode: "vi",
		News:              "News and notices",
		Reports:           "Reports",
		Home:              "Home",
		YouAreHere:        "You are here",
		Feed:              "Atom feed",
		Receive:           "Get the news",
		Contents:          "Sections",
		About: "The information channel of the People’s Committee of Hai Phong City. Each item names its issuer, date, time and source; " +
			"what is written in Loa is published only after approval.",
		Example:           "Example data",
		ExampleExcept:     "Example data, except %s",
		ExampleLong:       ": news, people and figures on this page are invented for illustration",
		ExampleLongExcept: ": other news, people and figures are invented for illustration",
		ExampleTag:        "Example",

		HeroTitle:       "Official information of the city: complete, timely, for those it concerns",
		HeroText:        "Notices and reports of the People’s Committee, the departments and the districts.",
		Latest:          "Latest",
		NoNews:          "No news yet. What is approved and published will appear here, newest first.",
		NoReports:       "No report has been made public yet. Approved results reports will appear here.",
		Services:        "Entrances and themes",
		ReportsDoor:     "Results reports",
		ReportsDoorText: "What was planned and what was done, by period.",
		FeedDoorText:    "Read new items in a feed reader.",
		Themes:          "By theme",
		NewsCount:       "items",
		AttachmentCount: "attached documents: %d",
		ReportPeriod:    "Reporting period",

		PrintView:     "Print view",
		Imported:      "Imported as history",
		ImportedNote:  "This item was published on %s, before this site existed, and was brought into Loa on %s as history; its approval at the time did not happen in Loa.",
		Source:        "Source",
		Attachments:   "Attached document",
		NoFile:        "The file of this document is not in Loa; its name and number are as the source gives them.",
		Form:          "Form",
		Issuer:        "Issuer",
		Number:        "Number",
		IssuedOn:      "Date of issue",
		Abstract:      "Abstract",
		QRTitle:       "QR code of this page",
		QRLabel:       "QR code that opens this page on a phone",
		QRHint:        "Scan to read on a phone, or put it on a printed copy.",
		FeedHint:      "New items are in the",
		OtherNews:     "Other news",
		Utilities:     "About this page",
		Printed:       "Printed from Loa Hai Phong, %s. The version online may have been corrected: scan the QR code to see it.",
		PrintedNow:    "Printed from Loa Hai Phong, %s, at %s on %s. The version online may have been corrected: scan the QR code to see it.",
		BackToArticle: "Back to the article",
		HowToPrint:    "To print, use your browser’s Print command (Ctrl+P).",
		PrintTitle:    "Print view: %s",

		ReportKicker:     "Results report",
		Plan:             "Plan",
		Missing:          "Missing",
		MissingList:      "No figures from:",
		NoTarget:         "no target set",
		Table:            "Table",
		Done:             "Done",
		Scheduled:        "Scheduled",
		Planned:          "Planned",
		Expected:         "Expected by the end of the period",
		Ratio:            "Share",
		CountedFrom:      "Counted from",
		CountedMany:      "Counted from %d items",
		ByItem:           "By plan item",
		ByAgency:         "By agency",
		ByTheme:          "By theme",
		ByAudience:       "By audience",
		ByChannel:        "By channel",
		Name:             "Name",
		Unit:             "Unit",
		Approval:         "Approval",
		ApprovedOn:       "approved on",
		Hash:             "Hash of the figures",
		HashNote:         "SHA-256 of the canonical figures. Computed again from the same log it must come out the same; late facts go into a restatement and never change this report.",
		Invented:         "invented person",
		Figures:          "Key figures",
		NoFigures:        "This report has no figures for this part.",
		NotFoundTitle:    "Page not found",
		NotFoundText:     "The address may be mistyped, or there is no such page here. The latest news is on the home page.",
		UnavailableTitle: "This page is being updated",
		UnavailableText:  "Loa is loading its data and will be back in a few minutes. Nothing is lost.",
		GoHome:           "Go to the home page",
		TryLater:         "Please reload the page in a minute.",
	}
}
