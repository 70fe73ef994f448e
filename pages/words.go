package pages

// A plural is a sentence for one and for many; languages without the difference repeat it.
type plural struct{ One, Many string }

// words are all fixed texts in one language. {} stands for the one value of a sentence.
type words struct {
	Lang string

	// On all pages
	AlarmTitle string // title of a page with an error: it is the first thing read out
	GoHome     string // {} is the site
	GoBack     string // the same, without a name
	SignedInAs string // {} is a person
	Cancel     string

	// Signing in
	SignIn          string
	SignInTo        string // {} is the site
	SignInWith      string // {} is a provider
	ContinueWith    string // {} is a provider
	SendLink        string
	Or              string
	NoWay           string
	NewHere         string
	SignInElse      string // signing in again, as a next step
	AnotherAddress  string
	CheckMail       string
	SameBrowser     string
	LastsMinutes    plural
	LastsHours      plural
	NotThere        string
	DefaultProvider string // for a provider without a name

	Forgotten string // the link on the sign-in page

	// Mailed links and further questions
	Mailings      map[string]mailing
	CodeOrLink    string
	Elsewhere     string
	ElsewhereWhy  string
	Continue      string
	StartAgain    string
	Forgot        string
	ForgotLead    string
	SendReset     string
	Remembered    string
	ChooseNew     string
	ChooseNewLead string
	NewPassword   string
	SavePassword  string
	OneMore       string
	OneMoreLead   string
	OneMoreFor    string // {} is a provider

	// Signing up and out
	SignUp       string
	SignUpTo     string // {} is the site
	CreateIt     string
	HaveOne      string
	LengthHint   string // {} is a number
	SignOut      string
	SignOutSure  string
	SignOutOf    string // {} is a person
	SignOutPlain string

	// Fields
	Email, Username, Password, PasswordAgain, Name, Phone, Code string
	Optional                                                    string

	// The account
	Account       string
	WayIn         string
	SignedIn      string
	Sessions      string
	SessionsIntro string
	ThisOne       string
	Network       string
	Started       string
	Seen          string
	End           string
	EndNamed      string // {} is a device; for those who hear buttons one by one
	EndOthers     string
	EndOthersHint string
	NoOthers      string
	SessionEnded  string
	OthersEnded   string
	SignedUp      string
	Updated       string
	UnknownAgent  string

	// The account: ways to sign in, address and password
	Ways            string
	WaysIntro       string
	Add             string
	AddNamed        string // {} is a provider; for those who hear buttons one by one
	Remove          string
	RemoveNamed     string // {} is a provider
	RemoveSure      string
	RemoveYes       string
	OnlyWay         string
	Verified        string
	NotVerified     string
	VerifyText      string
	SendVerify      string
	ChangeEmail     string
	ChangeEmailHint string
	NewEmail        string
	SendChange      string
	ChangePassword  string
	SetPassword     string
	WayAdded        string
	WayRemoved      string
	MailSent        string
	EmailVerified   string
	EmailChanged    string
	PasswordChanged string

	AgentOn        string // {browser} and {system}
	UnknownAccount string

	// Time
	JustNow                             string
	MinutesAgo, HoursAgo, DaysAgo       plural
	WaitSeconds, WaitMinutes, WaitHours plural
	Date                                string // {year} {month} or {name} {day}

	// Sayings are the texts of the codes, by code in lower case; "" is the general one.
	Sayings map[string]saying
}

// A saying is what is told about a code: what happened, and what to do next.
type saying struct{ Title, Text string }

func wordsFor(lang string) *words {
	if lang == "ko" {
		return &korean
	}
	return &english
}
