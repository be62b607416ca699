package web_test

import (
	"context"
	"log/slog"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

var quiet = slog.New(slog.DiscardHandler)

// evaluate runs a script in the page for its effect.
func evaluate(ctx context.Context, script string) error {
	_, err := chromedp.Run(ctx, chromedp.Evaluate[any](script+";null"))
	return err
}

// call makes an action of a command of the browser's protocol.
func call[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// ask makes an action of a command whose answer is wanted.
func ask[P, R any](c cdp.Command[P, R], params P) chromedp.Action[R] {
	return func(ctx context.Context, t *chromedp.Target) (R, error) { return cdp.Call(ctx, t, c, params) }
}
