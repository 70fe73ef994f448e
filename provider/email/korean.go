package email

import "github.com/signet-auth/signet"

var korean = words{
	lang:     "ko",
	linkLead: "버튼이 눌리지 않으면 아래 주소를 복사해 브라우저에 붙여 넣어 주세요.",
	codeOnly: "코드 입력 화면에 아래 숫자를 넣어 주세요.",
	codeToo:  "또는 코드 입력 화면에 아래 숫자를 넣어 주세요.",
	minutes:  plural{"1분 동안 한 번만 쓸 수 있어요.", "{}분 동안 한 번만 쓸 수 있어요."},
	hours:    plural{"1시간 동안 한 번만 쓸 수 있어요.", "{}시간 동안 한 번만 쓸 수 있어요."},
	wasLabel: "이전 주소:",
	footer:   "{_에서 }자동으로 보낸 메일이에요.",
	letters: map[signet.LetterKind]saying{
		signet.LetterSignIn: {
			acts:     true,
			subject:  "{[_] }로그인을 이어서 해 주세요",
			title:    "{_에 }로그인하기",
			lead:     "{_ }로그인 요청을 받았어요. 로그인을 시작한 기기와 브라우저에서 이어서 진행해 주세요.",
			button:   "로그인하기",
			stranger: "직접 요청하지 않았다면 이 메일을 무시해 주세요. 이 메일 없이는 아무도 로그인할 수 없어요. 링크와 코드는 누구에게도 알려 주지 마세요. 저희가 먼저 묻는 일은 없어요.",
		},
		signet.LetterVerify: {
			acts:     true,
			subject:  "{[_] }이메일 주소를 확인해 주세요",
			title:    "이메일 주소를 확인해 주세요",
			lead:     "{_에 }이 주소를 등록하셨어요. 본인의 주소가 맞는지 확인해 주세요.",
			button:   "이 주소 확인하기",
			stranger: "직접 등록하지 않았다면 이 메일을 무시해 주세요. 그러면 주소는 확인되지 않아요.",
		},
		signet.LetterReset: {
			acts:     true,
			subject:  "{[_] }새 비밀번호를 정해 주세요",
			title:    "새 비밀번호를 정해 주세요",
			lead:     "{_ }계정의 비밀번호를 다시 정하겠다는 요청을 받았어요. 직접 요청하셨다면 지금 새 비밀번호를 정해 주세요.",
			button:   "새 비밀번호 정하기",
			stranger: "직접 요청하지 않았다면 이 메일을 무시해 주세요. 비밀번호는 그대로예요.",
		},
		signet.LetterChange: {
			acts:     true,
			subject:  "{[_] }새 이메일 주소를 확인해 주세요",
			title:    "새 이메일 주소를 확인해 주세요",
			lead:     "{_ }계정의 이메일을 이 주소로 바꾸려고 해요. 본인의 주소가 맞다면 확인해 주세요.",
			button:   "새 주소 확인하기",
			stranger: "직접 요청하지 않았다면 이 메일을 무시해 주세요. 아무것도 바뀌지 않아요.",
		},
		signet.LetterChanged: {
			subject:  "{[_] }이메일 주소가 바뀌었어요",
			title:    "이메일 주소가 바뀌었어요",
			lead:     "{_ }계정이 이제 다른 이메일 주소를 써요. 직접 바꾸셨다면 더 하실 일은 없어요.",
			button:   "내 계정 보기",
			stranger: "직접 바꾸지 않았다면 다른 사람이 계정에 들어왔을 수 있어요. {_|사이트} 운영자에게 바로 알려 주세요.",
		},
		signet.LetterNewPass: {
			subject:  "{[_] }비밀번호가 바뀌었어요",
			title:    "비밀번호가 바뀌었어요",
			lead:     "{_ }계정의 비밀번호가 방금 바뀌었어요. 직접 바꾸셨다면 더 하실 일은 없어요.",
			button:   "내 계정 보기",
			stranger: "직접 바꾸지 않았다면 바로 새 비밀번호를 정하고, 내 계정 페이지에서 모르는 기기를 로그아웃해 주세요.",
		},
		signet.LetterKnown: {
			subject:  "{[_] }이미 가입된 이메일이에요",
			title:    "이미 가입된 이메일이에요",
			lead:     "누군가 이 주소로 {_에 }가입하려고 했어요. 이 주소로 만든 계정이 이미 있으니 바로 로그인하시면 돼요.",
			button:   "로그인하기",
			stranger: "직접 하신 일이 아니어도 하실 일은 없어요. 아무도 로그인하지 않았고 바뀐 것도 없어요.",
		},
		signet.LetterNew: {
			subject:  "{[_] }로그인 방법이 추가되었어요",
			title:    "로그인 방법이 추가되었어요",
			lead:     "{_ }계정에 새 로그인 방법이 추가되었어요. 직접 추가하셨다면 더 하실 일은 없어요.",
			button:   "내 계정 보기",
			stranger: "직접 추가하지 않았다면 내 계정 페이지에서 바로 지우고, 모르는 기기를 로그아웃해 주세요.",
		},
	},
}
