package page

// words are the fixed words of the pages in one language. A field that a language lacks cannot be
// missed: a test walks them all.
type words struct {
	SiteName, Authority, SkipLink, MainNav, Menu, OtherLanguage, OtherLanguageCode, Locale string
	News, Reports, Home, YouAreHere, Feed, Receive, Contents, About                        string
	Example, ExampleExcept, ExampleLong, ExampleLongExcept, ExampleTag                     string

	HeroTitle, HeroText, Latest, NoNews, NoReports, Services, ReportsDoor, ReportsDoorText string
	FeedDoorText, Themes, NewsCount, AttachmentOne, AttachmentCount, ReportPeriod          string

	PrintView, Imported, ImportedNote, Source, Attachments, NoFile, Form, Issuer, Number, IssuedOn, Abstract string
	QRTitle, QRLabel, QRHint, FeedHint, OtherNews, Utilities                                                 string
	Printed, PrintedNow, BackToArticle, HowToPrint, PrintTitle                                               string

	ReportKicker, Plan, Missing, MissingFigures, MissingList, NoTarget, Table        string
	Done, Scheduled, Planned, Expected, Ratio, CountedFrom                           string
	CountedMany, ByItem, ByAgency, ByTheme, ByAudience, ByChannel                    string
	Name, Unit, Approval, ApprovedOn, Hash, HashNote, Invented, Figures, NoFigures   string
	NotFoundTitle, NotFoundText, UnavailableTitle, UnavailableText, GoHome, TryLater string

	Plans, PlansList, PlansText, PlansDoorText, NoPlans, AllNews, AllReports, JSONFeed, ForWhom, Often string
	Theme, Audience, AudienceLead, ThemeLead, NewsLead, ListOne, ListCount, NoneInList, ListPage       string
	Pages, PageN, PreviousPage, NextPage, ThemeFeeds, Corrected, Withdrawn                             string

	Search, SearchLabel, SearchHint, SearchPlaceholder, ResultOne, Results, ResultsMany, ResultsOf, Forgives, Meant, OnlyExactly string
	AnyDiacritics, Exactly, NewestFirst, BestFirst, Filter, Agency, Everything, From, To, NothingFound, NothingAsked             string
	Tips, TipFewer, TipOther, TipFilter, BadDate, PlanKind, ReportKind, TooDeep                                                  string

	PlanKicker, PlanLead, PlanRuns, PlanDates, Purposes, Items, ItemsDone, ItemsOverdue, PublishedItems                                 string
	ConfirmedResults, Beside, Deadline, Amendments, AmendmentLine, ChangeAdded                                                          string
	ChangeRemoved, ChangeChanged, ChangeOfPlan, PlanClosed, PlanImported, PlanReports, OfPlan, ItemN, ItemNews, ItemNoNews, ItemResults string
	ItemNoResults, ResultConfirmed, ResultWaits, ResultQuestioned, Evidence, ResultsNote, NotCounted, OpenItem                          string
	ExpectedNow, ByHistory                                                                                                              string

	OtherLanguages, OnlyIn, TranslationBehind, TranslatedFrom, ReportNumber, MoreCounted string

	CorrectedAt, KindContent, KindForm, ReasonLabel, ParagraphN, ParagraphGone, TitlePart                           string
	FilesPart, BecameNow, ChangeNew, ChangeGone, MoreChanges, WordsSame, ReachedBy                                  string
	SeeBefore, Approvers, EarlierCorrections, CorrectionN, PortalChannel, OldVersion, OldVersionNote                string
	SeeNow, OldVersionTitle, PrintedOld, WithdrawnTitle, ExpiredTitle, WithdrawnAt, ExpiredAt                       string
	ExpiredTag, WithdrawalReason, ExpiredWhy, ExpiredNote, WithdrawnBy, ShownFrom, WithdrawalReached                string
	WithdrawalApproved, Replacement, WithdrawnProof, ExpiredProof, ProofTitle, ProofApproved, ProofHash, VerifyThis string
	Verify, VerifyDoor, VerifyLead, HashLabel, HashHint, VerifyButton, BadHash                                      string
	Genuine, Unknown, UnknownText, What, NameOfIt, OnDay, ApprovedByAll                                             string
	StateNow, IsArticle, IsReport, IsDocument, IsPlan, StateStands, StateCorrected                                  string
	StateWithdrawn, StateExpired, StateAmended, StateClosed, OpenPage, ImportedApproval, PreviewStrip               string
	PreviewLong, PreviewTitle, PreviewGoneTitle, PreviewGoneText, File, FileGoneTitle, FileGoneText                 string
	BypassTag, BypassBrief, BypassTitle, BypassBy, BypassPending, BypassReviewed, BypassUpheld, BypassObjected      string
	UrgentLabel, UrgentWord, UrgentUntil, UrgentPreview                                                             string
	IssuedDocument, ReportNo, FiguresIn, PageLabel                                                                  string
}

// wordsOf are the fixed words for a page in a language: a language that has none reads English.
func wordsOf(lang Lang) words {
	if lang == Vi || lang == "" {
		return vietnamese()
	}
	return english()
}
