package main

import (
	"errors"
	"reflect"
)

// fits tells why the routes of next have to wait: they may need settings beside them that are
// taken over by a restart only.
func (w *fileWatch) fits(next *config) error {
	if w.routes == nil {
		return nil
	}
	mixed := w.started
	mixed.gateway, mixed.places = next.gateway, next.places
	problems := mixed.checkGateway()
	if next.gateway.forwardAuth && len(next.trustedProxies) > 0 && len(w.started.trustedProxies) == 0 {
		const key = "gateway.forward_auth"
		problems = append(problems, problem{next.places.of(key), key + ": no proxy is trusted", ""})
	}
	for i := range problems {
		problems[i].cure = "needs a restart: what is beside the section `gateway` is still as it was at the start"
	}
	if problems = append(problems, mixed.loops()...); len(problems) > 0 {
		return &configErrors{problems}
	}
	return nil
}

// useRoutes changes the gateway.
func (w *fileWatch) useRoutes(next *config) error {
	if w.routes == nil || reflect.DeepEqual(w.current.gateway, next.gateway) {
		return nil
	}
	if !next.gateway.on() {
		return errors.New("the section `gateway` has gone; restart if that is meant")
	}
	if err := w.routes(next); err != nil {
		return err
	}
	w.log.Info("routes changed", "routes", len(next.gateway.routes))
	return nil
}
