package token_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet/token"
)

func TestS85_WhatBecomesOfAnError(t *testing.T) {
	for _, test := range []struct {
		name  string
		err   error
		calls int64
		want  error
		state token.State
		tries int
	}{
		{"the end of the grant", fmt.Errorf("invalid_grant: %w", token.ErrEnded), 1, token.ErrEnded, token.Ended, 1},
		{"an answer that is an error", errProvider, 1, errProvider, token.Live, 0},
		{"an answer cut short", io.ErrUnexpectedEOF, 2, token.ErrInDoubt, token.InDoubt, 2},
		{"a time-out", context.DeadlineExceeded, 2, token.ErrInDoubt, token.InDoubt, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			virtual(t, expired, func(t *testing.T, h *hall) {
				h.provider.answer = func(int64, token.Set) (token.Set, error) { return token.Set{}, test.err }
				h.provider.grace = time.Hour
				_, err := h.fresh(t)
				wantErr(t, err, test.want)
				wantCalls(t, &h.provider, test.calls)
				r := stored(t, h.place)
				if r.State != test.state || r.Tries != test.tries || r.Generation != 1 || r.Set.Refresh != "refresh-0" || r.By != "" {
					t.Errorf("stored: %v by %q", r, r.By)
				}
			})
		})
	}
}

func TestS85_ARetryThatBringsTokensEndsTheDoubt(t *testing.T) {
	virtual(t, expired, func(t *testing.T, h *hall) {
		h.provider.answer, h.provider.grace = drop(1), 10*time.Second
		r, err := h.fresh(t)
		wantAccess(t, r, err, "access-1")
		if r.Tries != 0 || h.log.count(token.Retried) != 1 || h.log.count(token.Lost) != 0 {
			t.Errorf("%v, events %v", r, h.log.seen)
		}
	})
}

func TestS85_ARetryThatSpendsNothingLeavesTheDoubt(t *testing.T) {
	virtual(t, expired, func(t *testing.T, h *hall) {
		var calls int
		how := func(ctx context.Context, old token.Set) (token.Set, error) {
			calls++
			switch calls {
			case 1:
				return token.Set{}, io.ErrUnexpectedEOF // lost
			case 2:
				return token.Set{}, errProvider // out of order
			}
			return h.provider.refresh(ctx, old)
		}
		_, err := h.keeper.Fresh(t.Context(), "k", how)
		wantErr(t, err, errProvider)
		if r := stored(t, h.place); r.State != token.Live || r.Tries != 1 {
			t.Errorf("stored: %v", r)
		}
		// After the pause the retry is made up for.
		time.Sleep(time.Second)
		r, err := h.keeper.Fresh(t.Context(), "k", how)
		wantAccess(t, r, err, "access-1")
		if calls != 3 || r.Tries != 0 {
			t.Errorf("%d calls, %v", calls, r)
		}
	})
}

func TestS85_NetworkErrorsKeepTheGrantAndAreSpared(t *testing.T) {
	virtual(t, expired, func(t *testing.T, h *hall) {
		var calls atomic.Int64
		down := func(context.Context, token.Set) (token.Set, error) {
			calls.Add(1)
			return token.Set{}, errProvider
		}
		// 1, 2, 4, 8, 16, 30, 30 seconds.
		for range 900 {
			_, err := h.keeper.Fresh(t.Context(), "k", down)
			wantErr(t, err, errProvider)
			time.Sleep(100 * time.Millisecond)
		}
		if n := calls.Load(); n != 7 {
			t.Errorf("%d calls in 90 s", n)
		}
		if r := stored(t, h.place); r.State != token.Live || r.Tries != 0 {
			t.Errorf("stored: %v", r)
		}
		time.Sleep(30 * time.Second)
		r, err := h.fresh(t)
		wantAccess(t, r, err, "access-1")
	})
}

func TestS85_FoundInDoubtAfterARestart(t *testing.T) {
	for _, test := range []struct {
		tries int
		calls int64
		want  error
	}{{1, 1, nil}, {2, 0, token.ErrInDoubt}} {
		t.Run(fmt.Sprint(test.tries, " calls before"), func(t *testing.T) {
			virtual(t, func() token.Record {
				r := expired()
				r.State, r.Tries, r.By = token.Asked, test.tries, "one who died"
				return r
			}, func(t *testing.T, h *hall) {
				begun := time.Now()
				_, err := h.fresh(t)
				wantErr(t, err, test.want)
				wantCalls(t, &h.provider, test.calls)
				if took := time.Since(begun); took < 5*time.Second || took > 5200*time.Millisecond {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

func TestS102_ErrorsOfProvidersHaveNoTokens(t *testing.T) {
	virtual(t, func() token.Record {
		r := expired()
		r.Set.Access, r.Set.Refresh = "an access/token", "a refresh/token"
		return r
	}, func(t *testing.T, h *hall) {
		_, err := h.keeper.Fresh(t.Context(), "k", func(_ context.Context, s token.Set) (token.Set, error) {
			return token.Set{}, fmt.Errorf("GET /?t=%s&a=a+refresh%%2Ftoken: 500 %s", s.Refresh, s.Access)
		})
		for _, text := range []string{fmt.Sprint(err), fmt.Sprintf("%+v %#v", err, err), fmt.Sprintf("%+v", h.log.last[token.Failed])} {
			if strings.Contains(text, "/token") || strings.Contains(text, "%2F") || !strings.Contains(text, "500") {
				t.Errorf("error: %s", text)
			}
		}
	})
}
