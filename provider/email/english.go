package email

import "github.com/signet-auth/signet"

var english = words{
	lang:     "en",
	linkLead: "If the button does not work, copy this address into your browser:",
	codeOnly: "Type this code on the page that is waiting for it:",
	codeToo:  "Or type this code on the page that is waiting for it:",
	minutes:  plural{"It works once, for 1 minute.", "It works once, for {} minutes."},
	hours:    plural{"It works once, for 1 hour.", "It works once, for {} hours."},
	wasLabel: "Address before:",
	footer:   "This is an automatic email{ from _}.",
	letters: map[signet.LetterKind]saying{
		signet.LetterSignIn: {
			acts:     true,
			subject:  "Sign in{ to _}",
			title:    "Sign in{ to _}",
			lead:     "You asked to sign in{ to _}. Please continue on the device and in the browser where you started.",
			button:   "Sign in",
			stranger: "Wasn’t you? Then ignore this email: without it nobody gets in. Never give the link or the code to anyone. We will not ask for them.",
		},
		signet.LetterVerify: {
			acts:     true,
			subject:  "Confirm your email address{ for _}",
			title:    "Confirm your email address",
			lead:     "You gave this address{ to _}. Please confirm that it is yours.",
			button:   "Confirm this address",
			stranger: "Wasn’t you? Then ignore this email, and the address will not be confirmed.",
		},
		signet.LetterReset: {
			acts:     true,
			subject:  "Choose a new password{ for _}",
			title:    "Choose a new password",
			lead:     "We were asked for a new password for your account{ at _}. If it was you, please choose one now.",
			button:   "Choose a new password",
			stranger: "Wasn’t you? Then ignore this email: your password stays as it is.",
		},
		signet.LetterChange: {
			acts:     true,
			subject:  "Confirm your new email address{ for _}",
			title:    "Confirm your new email address",
			lead:     "An account{ at _} is about to move to this address. Please confirm that it is yours.",
			button:   "Confirm the new address",
			stranger: "Wasn’t you? Then ignore this email, and nothing changes.",
		},
		signet.LetterChanged: {
			subject:  "Your email address{ at _} was changed",
			title:    "Your email address was changed",
			lead:     "Your account{ at _} now uses another email address. If that was you, there is nothing to do.",
			button:   "Go to your account",
			stranger: "Wasn’t you? Then somebody else may be in your account. Tell the people who run {_|the site} right away.",
		},
		signet.LetterNewPass: {
			subject:  "Your password{ at _} was changed",
			title:    "Your password was changed",
			lead:     "The password of your account{ at _} has just been changed. If that was you, there is nothing to do.",
			button:   "Go to your account",
			stranger: "Wasn’t you? Then choose a new password right away, and sign out the devices you don’t know on your account page.",
		},
		signet.LetterKnown: {
			subject:  "You already have an account{ at _}",
			title:    "You already have an account",
			lead:     "Somebody tried to sign up{ at _} with this address. It has an account already, so you can simply sign in.",
			button:   "Sign in",
			stranger: "Wasn’t you? There is nothing to do: nobody got in, and nothing was changed.",
		},
		signet.LetterNew: {
			subject:  "A new way to sign in{ to _}",
			title:    "A new way to sign in",
			lead:     "A new way to sign in was added to your account{ at _}. If that was you, there is nothing to do.",
			button:   "Go to your account",
			stranger: "Wasn’t you? Then remove it on your account page right away, and sign out the devices you don’t know.",
		},
	},
}
