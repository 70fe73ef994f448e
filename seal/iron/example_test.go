package iron_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/signet-auth/signet/seal"
	"github.com/signet-auth/signet/seal/iron"
)

// sealedByIronSession is a cookie of iron-session 8.0.4.
var sealedByIronSession = "Fe26.2*1*b6ea85532a8163e55cff7a3ac6137efeff8ee034cd68cfdd69ce71035b262614*c5eIuM6odwbabF1B7TNlZA" +
	"*C13GjZdaRIizZK_ExNn81aNFvyJrlZKx8-0y6WjquDc*1751209600000*1a2086d9d2a4a5140d7c0b1f92d383b81e49c6d65e5b9a1e87fb72b10c6ed63f*cM5eGN6wEcNQ67Mqa_3aGHcV9sop3qJ-XNHXzvon-RE~2"

func ExampleNew() {
	codec, err := iron.New(seal.Secrets("complex_password_at_least_32_characters_long"), "carrotsession")
	if err != nil {
		panic(err)
	}
	opened, err := codec.Open(sealedByIronSession, time.UnixMilli(1750000000000))
	fmt.Println(string(opened.Claims), opened.Expires.UTC().Format(time.DateOnly), err)
	// Output: {"user":{"id":1,"admin":true}} 2025-06-29 <nil>
}

// A password is replaced by one with a higher number. The old one opens until it goes.
func ExamplePasswords() {
	ring, err := iron.Passwords(map[string]string{
		"1": "complex_password_at_least_32_characters_long",
		"2": "second-generation-password-also-32+chars!!",
	})
	if err != nil {
		panic(err)
	}
	codec, err := iron.New(ring, "carrotsession")
	if err != nil {
		panic(err)
	}
	now := time.UnixMilli(1750000000000)
	opened, _ := codec.Open(sealedByIronSession, now)
	fmt.Println(opened.Key, opened.Stale)

	again, _ := codec.Seal(opened.Claims, seal.Life{Expires: now.Add(iron.DefaultTTL)})
	fmt.Println(again[:9], again[len(again)-2:])
	// Output:
	// 1 true
	// Fe26.2*2* ~2
}

func ExampleLegacy() {
	ring := seal.Secrets("complex_password_at_least_32_characters_long")
	sealedByVersion5 := "Fe26.2*1*28e914f803e06978dd9a8c97c462433def717c32f3bfe12e74b4c627b02d5355*akQ71SXf7UiUK_dE-x8U3Q*" +
		"FzLo7Oi2h83XPjLMMHxbw7YMkn9fSntZicUfQ5fh0ZfZ9SwMW7R9HXdEkC-mPyx_3DJEun5FXhuyXxIiBztEyw**" +
		"591c63c25d36c8752104b6e975939adc1865e053e94d62a47fccc1ea302c79bc*LIK-jZs5noG6bcmgO23vKykTpORmdHN2ZBZ486dw2lU"
	codec, err := iron.Legacy(ring, "carrotsession")
	if err != nil {
		panic(err)
	}
	opened, err := codec.Open(sealedByVersion5, time.UnixMilli(1750000000000))
	fmt.Println(string(opened.Claims), opened.Stale, err)
	// Output: {"user":{"id":30}} true <nil>
}

// A link that is good for a quarter of an hour, as sealData makes it.
func ExampleData() {
	codec, err := iron.Data(seal.Secrets("complex_password_at_least_32_characters_long"), "")
	if err != nil {
		panic(err)
	}
	now := time.UnixMilli(1750000000000)
	link, _ := codec.Seal([]byte(`{"invite":"minsu@example.com"}`), seal.Life{Expires: now.Add(15 * time.Minute)})

	_, err = codec.Open(link, now.Add(17*time.Minute))
	fmt.Println(err)
	// Output: seal: open iron: expired
}

func ExampleBare() {
	codec, err := iron.Bare(iron.Password{
		Key:       seal.Key{ID: "k_1", Secret: []byte("complex_password_at_least_32_characters_long")},
		Integrity: []byte("second-generation-password-also-32+chars!!"),
	})
	if err != nil {
		panic(err)
	}
	text, _ := codec.Seal([]byte(`{"a":1}`), seal.Life{}) // it never ends
	opened, err := codec.Open(text, time.Now())
	fmt.Println(strings.HasPrefix(text, "Fe26.2*k_1*"), string(opened.Claims), opened.Expires.IsZero(), err)
	// Output: true {"a":1} true <nil>
}

func ExampleBareCTR() {
	codec, err := iron.BareCTR(iron.Password{Key: seal.Key{Secret: []byte("complex_password_at_least_32_characters_long")}})
	if err != nil {
		panic(err)
	}
	text := "Fe26.2**47dcb09c32fac9a2fb496e881db1772e1a7a818588461d40a19feeb12b3172f1*2MU6jMAg173DdmXVrUnJaQ*uYMqqcmfPg**" +
		"9985e1f5b8b53041acfb06bf5d248091eb68f32423ba812e1d21f017ee4351a4*5cVkJG2zzJLhploSQkcAYu2GkYF6IaGyHguuboYWR44"
	opened, err := codec.Open(text, time.Now()) // @hapi/iron 7 wrote it
	fmt.Println(string(opened.Claims), err)
	// Output: {"c":1} <nil>
}

func ExampleMaxAge() {
	fmt.Println(iron.MaxAge(iron.DefaultTTL), iron.MaxAge(30*time.Second), iron.MaxAge(0))
	// Output: 1209540 30 2147483647
}

func ExampleChunkRoom() {
	fmt.Println(iron.ChunkRoom("carrotsession.0=; Max-Age=1209540; Path=/; HttpOnly; Secure; SameSite=Lax"))
	// Output: 4023
}
