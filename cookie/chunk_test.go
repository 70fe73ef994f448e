package cookie_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/signet-auth/signet/cookie"
)

func TestChunked(t *testing.T) {
	long := strings.Repeat("x", 4096)
	for _, c := range []struct {
		name, header string
		want         string
		err          error
		names        string
	}{
		{"bare", "s=A", "A", nil, "s"},
		{"one chunk", "s.0=A", "A", nil, "s.0"},
		{"in any order", "s.2=C; s.0=A; s.1=B", "ABC", nil, "s.2 s.0 s.1"},
		{"four", "s.0=A; s.1=B; s.2=C; s.3=D", "ABCD", nil, "s.0 s.1 s.2 s.3"},
		{"five", "s.0=A; s.1=B; s.2=C; s.3=D; s.4=E", "", cookie.ErrTooLarge, "s.0 s.1 s.2 s.3 s.4"},
		{"a left-over chunk beside the bare one", "s=A; s.1=old", "A", nil, "s s.1"},
		{"left-over chunks before the bare one", "s.0=old; s.1=old; s=A", "A", nil, "s.0 s.1 s"},
		{"an empty bare one beside chunks", "s=; s.0=A; s.1=B", "AB", nil, "s s.0 s.1"},
		{"an empty last chunk", "s.0=A; s.1=", "A", nil, "s.0 s.1"},
		{"an empty chunk in between", "s.0=A; s.1=; s.2=C", "", cookie.ErrGap, "s.0 s.1 s.2"},
		{"only empty ones", "s=; s.0=", "", cookie.ErrAbsent, "s s.0"},
		{"the first chunk missing", "s.1=B", "", cookie.ErrGap, "s.1"},
		{"a chunk in between missing", "s.0=A; s.2=C", "", cookie.ErrGap, "s.0 s.2"},
		{"a number far off", "s.0=A; s.99999999999999999999999=B", "", cookie.ErrGap, "s.0 s.99999999999999999999999"},
		{"numbers that would wrap to 1", "s.0=A; s.18446744073709551617=B", "", cookie.ErrGap, "s.0 s.18446744073709551617"},
		{"a chunk twice", "s.0=A; s.1=B; s.1=B", "", cookie.ErrDuplicate, "s.0 s.1"},
		{"the bare one twice", "s=A; s=B", "", cookie.ErrDuplicate, "s"},
		{"the bare one twice, one empty", "s=; s=B", "", cookie.ErrDuplicate, "s"},
		{"a left-over chunk twice", "s=A; s.0=x; s.0=y", "", cookie.ErrDuplicate, "s s.0"},
		{"names that are not of the family", "s-x=1; s.=1; s.00=1; s.01=1; s.a=1; s.+1=1; s.-1=1; s.0x=1; s.0.0=1; ss=1; s..0=1; s.１=1",
			"", cookie.ErrAbsent, ""},
		{"other letter case", "S=A; S.0=B", "", cookie.ErrAbsent, ""},
		{"encoded", "s.0=a%7C; s.1=%7Cb", "a||b", nil, "s.0 s.1"},
		{"an escape over two chunks is none", "s.0=a%7; s.1=Cb", "a%7Cb", nil, "s.0 s.1"},
		{"16 KiB", "s.0=" + long + "; s.1=" + long + "; s.2=" + long + "; s.3=" + long, strings.Repeat(long, 4), nil, "s.0 s.1 s.2 s.3"},
		{"16 KiB and one", "s.0=" + long + "; s.1=" + long + "; s.2=" + long + "; s.3=" + long + "x", "", cookie.ErrTooLarge, "s.0 s.1 s.2 s.3"},
		{"16 KiB and one in a bare cookie", "s=" + strings.Repeat(long, 4) + "x", "", cookie.ErrTooLarge, "s"},
		{"16 KiB once decoded", "s=%41" + strings.Repeat("x", 16383), "A" + strings.Repeat("x", 16383), nil, "s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			j := read(t, c.header)
			got, err := j.Chunked("s")
			if !errors.Is(err, c.err) || got.Value != c.want {
				t.Errorf("Chunked = %.40q, %v, want %.40q, %v", got.Value, err, c.want, c.err)
			}
			names := strings.Fields(c.names)
			if !slices.Equal(got.Names, names) {
				t.Errorf("Names = %q, want %q", got.Names, names)
			}
			if family := j.Family("s"); !slices.Equal(family, names) {
				t.Errorf("Family = %q, want %q", family, names)
			}
		})
	}
}

func TestPlanRefuses(t *testing.T) {
	token := func(n int) string { return strings.Repeat("x", n) }
	for _, c := range []struct {
		name        string
		base, value string
		size        int
		want        error // nil: any error
	}{
		{"five chunks of v4", "s", token(4*cookie.ChunkV4 + 1), cookie.ChunkV4, cookie.ErrTooLarge},
		{"five chunks of v5", "s", token(4*cookie.ChunkV5 + 1), cookie.ChunkV5, cookie.ErrTooLarge},
		{"more than a token may have", "s", token(cookie.MaxToken + 1), 8000, cookie.ErrTooLarge},
		{"a name that leaves no room", token(cookie.MaxName + 1), token(4000), cookie.ChunkV5, cookie.ErrTooLarge},
		{"no value", "s", "", cookie.ChunkV5, nil},
		{"no size", "s", "x", 0, nil},
		{"text in chunks", "s", strings.Repeat("한", 2000), cookie.ChunkV5, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan, err := cookie.Plan(c.base, c.value, []string{"s", "s.0"}, c.size)
			if plan != nil || err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("Plan = %d writes, %v, want error %v", len(plan), err, c.want)
			}
		})
	}
}

func TestPlanTakesEveryNameOnce(t *testing.T) {
	plan, err := cookie.Plan("s", "x", []string{"s.1", "s", "s.1", "s"}, cookie.ChunkV5)
	want := []cookie.Write{{Name: "s.1", Clear: true}, {Name: "s", Value: "x"}}
	if err != nil || !slices.Equal(plan, want) {
		t.Errorf("Plan = %v, %v, want %v", plan, err, want)
	}
	want = []cookie.Write{{Name: "s.1", Clear: true}, {Name: "s", Clear: true}}
	if plan := cookie.PlanClear([]string{"s.1", "s", "s.1", "s"}); !slices.Equal(plan, want) {
		t.Errorf("PlanClear = %v, want %v", plan, want)
	}
}

func TestPlanLeavesWhatItIsGivenAlone(t *testing.T) {
	had := []string{"s.0", "s.1", "s.2"}
	if _, err := cookie.Plan("s", strings.Repeat("x", 5000), had, cookie.ChunkV5); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(had, []string{"s.0", "s.1", "s.2"}) {
		t.Errorf("had is now %q", had)
	}
}
