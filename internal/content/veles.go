package content

import (
	"bytes"
	"time"

	"github.com/google/osv-scalibr/veles"
	"github.com/google/osv-scalibr/veles/secrets/anthropicapikey"
	"github.com/google/osv-scalibr/veles/secrets/awsaccesskey"
	"github.com/google/osv-scalibr/veles/secrets/azurestorageaccountaccesskey"
	"github.com/google/osv-scalibr/veles/secrets/circleci"
	"github.com/google/osv-scalibr/veles/secrets/digitaloceanapikey"
	"github.com/google/osv-scalibr/veles/secrets/dockerhubpat"
	"github.com/google/osv-scalibr/veles/secrets/elasticcloudapikey"
	"github.com/google/osv-scalibr/veles/secrets/github"
	"github.com/google/osv-scalibr/veles/secrets/gitlabpat"
	"github.com/google/osv-scalibr/veles/secrets/hashicorpvault"
	"github.com/google/osv-scalibr/veles/secrets/huggingfaceapikey"
	"github.com/google/osv-scalibr/veles/secrets/npmjsaccesstoken"
	"github.com/google/osv-scalibr/veles/secrets/onepasswordkeys"
	"github.com/google/osv-scalibr/veles/secrets/openai"
	"github.com/google/osv-scalibr/veles/secrets/openrouter"
	"github.com/google/osv-scalibr/veles/secrets/perplexityapikey"
	"github.com/google/osv-scalibr/veles/secrets/postmanapikey"
	"github.com/google/osv-scalibr/veles/secrets/pypiapitoken"
	"github.com/google/osv-scalibr/veles/secrets/rubygemsapikey"
	"github.com/google/osv-scalibr/veles/secrets/sendgrid"
	"github.com/google/osv-scalibr/veles/secrets/slacktoken"
	"github.com/google/osv-scalibr/veles/secrets/squareapikey"
	"github.com/google/osv-scalibr/veles/secrets/stripeapikeys"
	"github.com/google/osv-scalibr/veles/secrets/supabase"
)

// The shapes of what well-known services hand out are osv-scalibr's detectors, which
// read 6 to 8 MB a second. They see the few kilobytes around an anchor, and nothing
// else. Left out are those whose shape is that of any long text, or of keys that are
// public by nature: they would cry wolf.

const (
	callTime    = 2 * time.Second
	callsAtOnce = 8 // calls that run, those that were given up among them
)

// slots bounds how many calls run. One that outlives its time keeps its slot.
type slots chan struct{}

// ofVeles are the rules that ask a detector.
func ofVeles() []rule {
	const token = 600 // bytes: most tokens have fewer than 200
	return []rule{
		detected("an Amazon key", 256, 4<<10, awsaccesskey.NewDetector(), "AKIA", "ASIA"),
		detected("an Azure storage key", 512, token, azurestorageaccountaccesskey.NewDetector(), "AccountKey=", "AZURE_STORAGE_KEY", "azure_storage_key"),
		detected("a GitHub token", 0, token, github.NewClassicPATDetector(), "ghp_"),
		detected("a GitHub token", 0, token, github.NewFineGrainedPATDetector(), "github_pat_"),
		detected("a GitHub token", 0, token, github.NewOAuthTokenDetector(), "gho_"),
		detected("a GitHub token", 0, token, github.NewAppU2SDetector(), "ghu_"),
		detected("a GitHub token", 0, token, github.NewAppS2STokenDetector(), "ghs_"),
		detected("a GitHub token", 0, token, github.NewAppRefreshTokenDetector(), "ghr_"),
		detected("a GitLab token", 0, token, gitlabpat.NewDetector(), "glpat-"),
		detected("a Hugging Face token", 0, token, huggingfaceapikey.NewDetector(), letters("hf_")...),
		detected("an OpenAI key", 200, token, openai.NewDetector(), "T3BlbkFJ"),
		detected("an Anthropic key", 0, token, anthropicapikey.NewDetector(), "sk-ant-"),
		detected("an OpenRouter key", 0, token, openrouter.NewDetector(), "sk-or-v"),
		detected("a Perplexity key", 0, token, perplexityapikey.NewDetector(), "pplx-"),
		detected("an npm token", 0, token, npmjsaccesstoken.NewDetector(), "npm_"),
		detected("a PyPI token", 0, token, pypiapitoken.NewDetector(), "pypi-AgE"),
		detected("a RubyGems key", 0, token, rubygemsapikey.NewDetector(), "rubygems_"),
		detected("a Docker Hub token", 256, token, dockerhubpat.NewDetector(), "dckr_pat_"),
		detected("a Slack token", 0, token, slacktoken.NewAppLevelTokenDetector(), "xapp-"),
		detected("a Slack token", 0, token, slacktoken.NewAppConfigAccessTokenDetector(), "xoxe.xoxp-"),
		detected("a Slack token", 0, token, slacktoken.NewAppConfigRefreshTokenDetector(), "xoxe-"),
		detected("a Stripe key", 0, token, stripeapikeys.NewSecretKeyDetector(), "sk_live_"),
		detected("a Stripe key", 0, token, stripeapikeys.NewRestrictedKeyDetector(), "rk_live_"),
		detected("a Stripe key", 0, token, stripeapikeys.NewWebhookSecretDetector(), "whsec_"),
		detected("a HashiCorp Vault token", 0, token, hashicorpvault.NewTokenDetector(), "hvs.", "hvb."),
		detected("a DigitalOcean key", 0, token, digitaloceanapikey.NewDetector(), "dop_v1_"),
		detected("a SendGrid key", 0, token, sendgrid.NewDetector(), letters("SG.")...),
		detected("a Postman key", 0, token, postmanapikey.NewAPIKeyDetector(), "PMAK-"),
		detected("a Supabase key", 0, token, supabase.NewPATDetector(), "sbp_"),
		detected("a Square key", 0, token, squareapikey.NewOAuthApplicationSecretDetector(), "sq0csp-"),
		detected("a 1Password token", 0, 2<<10, onepasswordkeys.NewServiceTokenDetector(), "ops_eyJ"),
		detected("a CircleCI token", 0, token, circleci.NewPersonalAccessTokenDetector(), "CCIPAT_"),
		detected("an Elastic key", 0, token, elasticcloudapikey.NewDetector(), "essu_"),
	}
}

// letters makes anchors of four bytes out of a prefix of three.
func letters(prefix string) (out []string) {
	for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" {
		out = append(out, prefix+string(c))
	}
	return out
}

// detected is a rule that asks a detector about the bytes around its anchors. Where
// behind is 0 the anchor begins the secret, and no letter may stand before it.
func detected(what string, behind, ahead int, d veles.Detector, anchors ...string) rule {
	begins := behind == 0
	return rule{what: what, anchors: anchors, behind: max(behind, 1), ahead: ahead, examine: func(k *Looker, window []byte, at int) verdict {
		if begins && at > 0 && isWord(window[at-1]) {
			return nothing
		}
		places, ok := k.slots.call(d, window)
		if !ok {
			return unknown
		}
		for _, place := range places {
			if place < 0 || place >= len(window) || begins && place != at {
				continue
			}
			if !placeholder(token(window[place:])) {
				return secret
			}
		}
		return nothing
	}}
}

// call asks a detector, within a time, where secrets are in a copy of window. The
// secrets themselves stay inside the call. It is not ok where the detector fails or is
// late.
func (s slots) call(d veles.Detector, window []byte) (places []int, ok bool) {
	own := bytes.Clone(window)
	late := time.NewTimer(callTime)
	defer late.Stop()
	select {
	case s <- struct{}{}:
	case <-late.C:
		return nil, false
	}
	type said struct {
		places []int
		ok     bool
	}
	answer := make(chan said, 1)
	go func() {
		defer func() {
			if recover() != nil {
				answer <- said{}
			}
			<-s
		}()
		_, places := d.Detect(own)
		answer <- said{places, true}
	}()
	select {
	case a := <-answer:
		return a.places, a.ok
	case <-late.C:
		return nil, false
	}
}
