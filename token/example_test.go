package token_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"github.com/signet-auth/signet/token"
)

func ExampleKeeper_Fresh() {
	place := new(token.Memory)
	place.Seed("minsu at kakao", token.Record{
		Generation: 1,
		Since:      time.Now().Add(-time.Hour),
		Set:        token.Set{Access: "old", Refresh: "r1", Expires: time.Now().Add(-time.Minute)},
	})
	var calls atomic.Int64
	refresh := func(context.Context, token.Set) (token.Set, error) { // asks the provider
		calls.Add(1)
		return token.Set{Access: "new", Refresh: "r2", Expires: time.Now().Add(time.Hour)}, nil
	}
	keeper := &token.Keeper{Place: place}
	defer keeper.Close(context.Background())

	var wg sync.WaitGroup
	var served atomic.Int64
	for range 1000 {
		wg.Go(func() {
			r, err := keeper.Fresh(context.Background(), "minsu at kakao", refresh)
			if err == nil && r.Set.Access == "new" {
				served.Add(1)
			}
		})
	}
	wg.Wait()
	fmt.Println(calls.Load(), "call,", served.Load(), "served")
	// Output: 1 call, 1000 served
}

func ExampleKeeper_Again() {
	place := new(token.Memory)
	place.Seed("k", token.Record{
		Generation: 7,
		Since:      time.Now().Add(-time.Hour),
		Set:        token.Set{Access: "revoked", Refresh: "r7", Expires: time.Now().Add(time.Hour)},
	})
	keeper := &token.Keeper{Place: place}
	defer keeper.Close(context.Background())
	refresh := func(context.Context, token.Set) (token.Set, error) { return token.Set{Access: "new"}, nil }

	r, err := keeper.Again(context.Background(), "k", "revoked", refresh) // an API said 401 to it
	fmt.Println(r.Generation, r.Set.Access, r.Set.Refresh, err)
	// Output: 8 new r7 <nil>
}

func ExampleKeeper_Fresh_lost() {
	place := new(token.Memory)
	place.Seed("k", token.Record{Generation: 1, Set: token.Set{Refresh: "r1"}})
	keeper := &token.Keeper{Place: place, Report: func(e token.Event) { fmt.Println(e.Kind) }}
	defer keeper.Close(context.Background())
	dropped := func(context.Context, token.Set) (token.Set, error) { return token.Set{}, io.ErrUnexpectedEOF }

	_, err := keeper.Fresh(context.Background(), "k", dropped)
	fmt.Println(errors.Is(err, token.ErrInDoubt))
	// Output:
	// retried
	// lost
	// served
	// true
}

func ExampleTransport() {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer new" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, "hello Minsu")
	}))
	defer api.Close()
	place := new(token.Memory)
	place.Seed("k", token.Record{Generation: 1, Set: token.Set{Access: "revoked", Refresh: "r1"}})
	keeper := &token.Keeper{Place: place}
	defer keeper.Close(context.Background())
	refresh := func(context.Context, token.Set) (token.Set, error) { return token.Set{Access: "new"}, nil }

	client := &http.Client{Transport: &token.Transport{
		Source:  keeper.Source("k", refresh),
		Origins: []string{api.URL},
	}}
	answer, err := client.Get(api.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body)
	fmt.Println(answer.StatusCode, string(body))
	// Output: 200 hello Minsu
}

func ExampleParseCarry() {
	for _, s := range []string{"bearer", "header:x-access-token", "cookie:accessToken", "query:token"} {
		c, err := token.ParseCarry(s)
		fmt.Println(c, err)
	}
	// Output:
	// bearer <nil>
	// header:X-Access-Token <nil>
	// cookie:accessToken <nil>
	//  token: "query:token" is none of "bearer", "header:Name" and "cookie:name"
}

func ExampleMemory_Seed() {
	place := new(token.Memory)
	place.Seed("sid", token.Record{Generation: 2, Set: token.Set{Access: "new"}})
	r := place.Seed("sid", token.Record{Generation: 1, Set: token.Set{Access: "old"}}) // an old cookie
	fmt.Println(r.Set.Access)
	// Output: new
}
