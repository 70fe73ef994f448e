package pages

var english = words{
	Lang: "en",

	AlarmTitle: "Error: {}",
	GoHome:     "Go to {}",
	GoBack:     "Go to the home page",
	SignedInAs: "Signed in as {}",
	Cancel:     "Cancel",

	SignIn:          "Sign in",
	SignInTo:        "to continue to {}",
	SignInWith:      "Sign in with {}",
	ContinueWith:    "Continue with {}",
	SendLink:        "Email me a sign-in link",
	Or:              "or",
	NoWay:           "There is no way to sign in yet. Whoever runs this site still has to set one up.",
	NewHere:         "New here?",
	SignInElse:      "Sign in",
	AnotherAddress:  "Use another address",
	CheckMail:       "Check your email",
	SameBrowser:     "Open the link on this device, in this browser.",
	LastsMinutes:    plural{"The link works once, for 1 minute.", "The link works once, for {} minutes."},
	LastsHours:      plural{"The link works once, for 1 hour.", "The link works once, for {} hours."},
	NotThere:        "Nothing there after a few minutes? Look in your spam folder.",
	DefaultProvider: "another account",
	Forgotten:       "Forgot your password?",

	Mailings: map[string]mailing{
		"sign-in": {
			Sent:          "We have sent you a sign-in link.",
			SentTo:        "We have sent a sign-in link to {}.",
			Open:          "Open it to continue.",
			Title:         "Finish signing in",
			Ask:           "One more click and you are signed in.",
			AskOf:         "One more click and you are signed in as {}.",
			Button:        "Sign in",
			NotMe:         "Didn’t ask for this? Close this page, and nothing happens.",
			ElsewhereText: "This sign-in began in another browser. Open the link there, or type the code from the email there.",
		},
		"reset": {
			Sent:          "If there is an account for that address, a link to choose a new password is on its way.",
			SentTo:        "If there is an account for {}, a link to choose a new password is on its way.",
			Open:          "Open it to continue.",
			Title:         "Choose a new password",
			Ask:           "Continue to choose a new password.",
			AskOf:         "Continue to choose a new password for {}.",
			Button:        "Continue",
			NotMe:         "Didn’t ask for this? Close this page, and your password stays as it is.",
			ElsewhereText: "This was asked for in another browser. Open the link there. If you have signed out since, sign in first.",
		},
		"verify": {
			Sent:          "We have sent you a link.",
			SentTo:        "We have sent a link to {}.",
			Open:          "Open it to confirm that the address is yours.",
			Title:         "Confirm your email",
			Ask:           "Confirm that this email address is yours.",
			AskOf:         "Confirm that {} is your email address.",
			Button:        "Confirm",
			NotMe:         "Didn’t ask for this? Close this page, and nothing happens.",
			ElsewhereText: "This was asked for in another browser. Open the link there. If you have signed out since, sign in first.",
		},
		"change": {
			Sent:          "We have sent a link to the new address.",
			SentTo:        "We have sent a link to {}.",
			Open:          "Your email changes when you open it.",
			Title:         "Change your email",
			Ask:           "Use this address for your account from now on.",
			AskOf:         "Use {} for your account from now on.",
			Button:        "Change email",
			NotMe:         "Didn’t ask for this? Close this page, and nothing changes.",
			ElsewhereText: "This was asked for in another browser. Open the link there. If you have signed out since, sign in first.",
		},
	},
	CodeOrLink:    "Type the code from the email, or open the link in it in this browser.",
	Elsewhere:     "Go back to the first browser",
	ElsewhereWhy:  "That way, nobody who sees the email can use it in your place.",
	Continue:      "Continue",
	StartAgain:    "Start again",
	Forgot:        "Forgot your password?",
	ForgotLead:    "Tell us your email address. We’ll send you a link to choose a new password.",
	SendReset:     "Email me a link",
	Remembered:    "Remembered it?",
	ChooseNew:     "Choose a new password",
	ChooseNewLead: "Everywhere you are signed in, you’ll be signed out.",
	NewPassword:   "New password",
	SavePassword:  "Save password",
	OneMore:       "One more step",
	OneMoreLead:   "Almost there. This is still needed to sign you in.",
	OneMoreFor:    "Almost there. {} still needs this to sign you in.",

	SignUp:       "Create an account",
	SignUpTo:     "for {}",
	CreateIt:     "Create account",
	HaveOne:      "Already have an account?",
	LengthHint:   "At least {} characters. A few unrelated words work well.",
	SignOut:      "Sign out",
	SignOutSure:  "Sign out?",
	SignOutOf:    "You are signed in as {}.",
	SignOutPlain: "You will need to sign in again to come back.",

	Email:         "Email",
	Username:      "Username",
	Password:      "Password",
	PasswordAgain: "Password again",
	Name:          "Name",
	Phone:         "Phone number",
	Code:          "Code",
	Optional:      "optional",

	Account:         "Your account",
	WayIn:           "Signed in with",
	SignedIn:        "Signed in",
	Sessions:        "Where you’re signed in",
	SessionsIntro:   "If you don’t recognise one of these, end it.",
	ThisOne:         "This device",
	Network:         "Network",
	Started:         "Signed in",
	Seen:            "Last active",
	End:             "End",
	EndNamed:        "End session: {}",
	EndOthers:       "End all other sessions",
	EndOthersHint:   "You stay signed in here.",
	NoOthers:        "You’re not signed in anywhere else.",
	SessionEnded:    "That session has ended.",
	OthersEnded:     "All other sessions have ended.",
	SignedUp:        "Welcome! Your account is ready.",
	Updated:         "Your changes are saved.",
	Ways:            "Ways to sign in",
	WaysIntro:       "With a second one, you can still get in when the first fails.",
	Add:             "Add",
	AddNamed:        "Add {}",
	Remove:          "Remove",
	RemoveNamed:     "Remove {}",
	RemoveSure:      "You will no longer be able to sign in this way.",
	RemoveYes:       "Yes, remove it",
	OnlyWay:         "Your only way in",
	Verified:        "Confirmed",
	NotVerified:     "Not confirmed",
	VerifyText:      "Please confirm that this address is yours.",
	SendVerify:      "Email me a link",
	ChangeEmail:     "Change email",
	ChangeEmailHint: "We’ll send a link there. Your email changes when you open it.",
	NewEmail:        "New email",
	SendChange:      "Email me a link",
	ChangePassword:  "Change password",
	SetPassword:     "Set a password",
	WayAdded:        "You can now sign in this way, too.",
	WayRemoved:      "That way to sign in has been removed.",
	MailSent:        "We have sent you an email with a link.",
	EmailVerified:   "Your email is confirmed.",
	EmailChanged:    "Your email has changed.",
	PasswordChanged: "Your new password is saved.",

	UnknownAgent:   "Unknown device",
	AgentOn:        "{browser} on {system}",
	UnknownAccount: "No name given",

	JustNow:     "just now",
	MinutesAgo:  plural{"1 minute ago", "{} minutes ago"},
	HoursAgo:    plural{"1 hour ago", "{} hours ago"},
	DaysAgo:     plural{"1 day ago", "{} days ago"},
	WaitSeconds: plural{"You can try again in a second.", "You can try again in {} seconds."},
	WaitMinutes: plural{"You can try again in 1 minute.", "You can try again in {} minutes."},
	WaitHours:   plural{"You can try again in 1 hour.", "You can try again in {} hours."},
	Date:        "{name} {day}, {year}",

	Sayings: map[string]saying{
		"": {
			"Something went wrong",
			"That didn’t work. Please try again. If it keeps happening, let the people who run this site know."},

		"accessdenied": {
			"This account isn’t allowed in",
			"Try another account. If you think this one should work, ask the people who run this site."},
		"accountnotlinked": {
			"Sign in the way you did before",
			"This way of signing in isn’t connected to your account. Sign in the way you did last time."},
		"callback": {
			"Sign-in wasn’t finished",
			"It was cancelled, or the other service didn’t confirm it. Please start again."},
		"configuration": {
			"This site isn’t set up correctly",
			"Signing in doesn’t work right now because of a mistake in the site’s settings. Please let the people who run it know; the cause is in the server’s log."},
		"credentialssignin": {
			"Those details don’t match",
			"Check what you typed and try again."},
		"emailcreateaccount": {
			"Your account couldn’t be created",
			"Please try again, or sign in another way."},
		"emailsignin": {
			"The email couldn’t be sent",
			"Check the address for typing mistakes and try again."},
		"missingcsrf": {
			"This page was open for too long",
			"To keep you safe, nothing was sent. Please try once more. If it happens again, allow cookies for this site."},
		"oauthaccountnotlinked": {
			"Sign in the way you did before",
			"This email already has an account that signs in another way. To keep it safe, sign in the way you did last time."},
		"oauthcallback": {
			"Sign-in wasn’t finished",
			"It was cancelled, or the other service didn’t confirm it. Please start again."},
		"oauthcallbackerror": {
			"Sign-in wasn’t finished",
			"It was cancelled, or the other service didn’t confirm it. Please start again."},
		"oauthcreateaccount": {
			"Your account couldn’t be created",
			"Please try again, or sign in another way."},
		"oauthsignin": {
			"That service can’t be reached",
			"Please try again in a moment, or sign in another way."},
		"sessionrequired": {
			"Please sign in",
			"You need to be signed in to see that page."},
		"signin": {
			"Sign-in didn’t work",
			"Please try again, or sign in another way."},
		"verification": {
			"This link no longer works",
			"It has expired or was already used. Please ask for a new one."},
		"webauthnverificationerror": {
			"Your passkey couldn’t be checked",
			"Please try again, or sign in another way."},

		"lastway": {
			"This is your only way in",
			"Without it, you couldn’t sign in anymore. Add another way first, then remove this one."},
		"signinagain": {
			"Please sign in once more",
			"You signed in a while ago. To keep your account safe, sign in again, then make the change."},
		"waytaken": {
			"That account is in use already",
			"Someone else signs in here with it. If that is you, too, sign in with it and remove it there first."},
		"wrongcode": {
			"That code isn’t right",
			"Check the newest email from us and type its six digits. After a few wrong tries, you need a new code."},

		"badrequest": {
			"That request couldn’t be read",
			"Please go back and try again."},
		"busy": {
			"Lots of people are here right now",
			"Please wait a moment and try again."},
		"emailtaken": {
			"That email already has an account",
			"Sign in instead, or use another address."},
		"invalidemail": {
			"Check the email address",
			"It should look like name@example.com."},
		"invalidname": {
			"Check the name",
			"It is too long, or has characters that can’t be shown."},
		"notfound": {
			"That isn’t here",
			"It may have moved or ended, or the address has a typing mistake."},
		"passwordmismatch": {
			"The two passwords differ",
			"Type the same password in both fields."},
		"signupclosed": {
			"Sign-up is closed",
			"New accounts aren’t being accepted right now. If you already have one, sign in."},
		"toomanyrequests": {
			"Too many tries",
			"To keep accounts safe, please wait a little before you try again."},

		"weakpassword": {
			"Choose a stronger password",
			"That one is too easy to guess. A few unrelated words work well."},
		"common": {
			"Choose a less common password",
			"That one is among the first that attackers try. A few unrelated words work well."},
		"control": {
			"That password can’t be used",
			"It has invisible characters, such as a tab or a line break. Please leave them out."},
		"encoding": {
			"That password couldn’t be read",
			"Some of its characters arrived damaged. Please type it again."},
		"too-long": {
			"Choose a shorter password",
			"That one is longer than can be accepted."},
		"too-short": {
			"Choose a longer password",
			"That one is too short. A few unrelated words are long and easy to remember."},
		"yours": {
			"Leave your name and email out of the password",
			"They are easy to guess for anyone who knows you."},
	},
}
