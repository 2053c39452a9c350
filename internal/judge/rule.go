package judge

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/rules"
)

// Rule is a site's own rule. Advice is never better than the outcome of a rule
// that applies to a finding, and never better than "cannot judge" where nobody
// can tell whether one does.
type Rule struct {
	ID   string `json:"id"`
	Text string `json:"text"` // plain words, without the full stop
	// When is an expression over one finding.
	When      string             `json:"when"`
	Outcome   landwaiter.Outcome `json:"outcome"`
	Condition *RuleCondition     `json:"condition,omitempty"`
	compiled  *rules.Rule
}

// RuleCondition is what a rule asks somebody to do.
type RuleCondition struct {
	Do    string `json:"do"` // plain words, without the full stop
	Owner string `json:"owner"`
	Check string `json:"check"` // how it is checked
	Days  int    `json:"days"`  // until it is due; 0 is the method's DueDays
}

// condRule is the code of a condition that a rule asks for. What: the rule's ID.
const condRule = "local-rule"

// ruleOutcomes are those that a rule may have: it has nothing to say where it
// would make nothing worse.
var ruleOutcomes = allOutcomes[1:]

// rules reads the site's own rules.
func (d *methodReader) rules(n *yaml.Node) error {
	items, err := d.items(n, "rules", maxRules)
	if err != nil {
		return err
	}
	for _, item := range items {
		r, err := d.rule(item)
		if err != nil {
			return err
		}
		path := "rules/" + r.ID
		if first, ok := d.at.lines[path]; ok {
			return d.errorf(item, "rule %q is also on line %d; give every rule an id of its own", r.ID, first)
		}
		d.mark(path, item)
		d.m.Rules = append(d.m.Rules, r)
	}
	return nil
}

func (d *methodReader) rule(n *yaml.Node) (Rule, error) {
	var r Rule
	var outcome string
	err := d.fields(n, "a rule", []field{
		{"id", true, func(n *yaml.Node) error { return d.id(n, "id", &r.ID) }},
		{"text", true, func(n *yaml.Node) error { return d.sentence(n, "text", &r.Text) }},
		{"when", true, func(n *yaml.Node) error { return d.expression(n, &r) }},
		{"outcome", true, func(n *yaml.Node) error { return d.word(n, "outcome", wordsOf(ruleOutcomes), &outcome) }},
		{"condition", false, func(n *yaml.Node) (err error) { r.Condition, err = d.condition(n); return err }},
	})
	r.Outcome = landwaiter.Outcome(outcome)
	if err == nil && r.Outcome == landwaiter.Conditions && r.Condition == nil {
		err = d.errorf(n, "rule %q leads to %s, and names no condition; add condition with do, owner and check", r.ID, r.Outcome)
	}
	return r, err
}

// sentence reads a text that our own words go on after.
func (d *document) sentence(n *yaml.Node, what string, out *string) error {
	err := d.text(n, what, out)
	if *out = strings.TrimRight(*out, ". "); err == nil && *out == "" {
		err = d.errorf(n, "%s says nothing; fill it in", what)
	}
	return err
}

func (d *methodReader) condition(n *yaml.Node) (*RuleCondition, error) {
	var c RuleCondition
	err := d.fields(n, "a condition", []field{
		{"do", true, func(n *yaml.Node) error { return d.sentence(n, "do", &c.Do) }},
		{"owner", true, func(n *yaml.Node) error { return d.label(n, "owner", &c.Owner) }},
		{"check", true, func(n *yaml.Node) error { return d.text(n, "check", &c.Check) }},
		{"days", false, func(n *yaml.Node) error {
			if _, err := fmt.Sscanf(n.Value, "%d", &c.Days); err != nil || c.Days < 1 || c.Days > maxDays || fmt.Sprint(c.Days) != n.Value {
				return d.errorf(n, "days is %q; write a number from 1 to %d", clip(n.Value), maxDays)
			}
			return nil
		}},
	})
	return &c, err
}

// expression reads and compiles what says when a rule applies.
func (d *methodReader) expression(n *yaml.Node, r *Rule) (err error) {
	if n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "" {
		return d.errorf(n, "when must be an expression, such as finding.kind == \"runs-as-root\"")
	}
	if d.compiler == nil {
		if d.compiler, err = rules.NewCompiler(); err != nil {
			return err
		}
	}
	r.When = strings.TrimSpace(n.Value)
	if r.compiled, err = d.compiler.Compile(r.When); err == nil {
		return nil
	}
	place := ""
	if e, ok := errors.AsType[*rules.Error](err); ok && e.Column > 0 {
		place, err = fmt.Sprintf(", character %d", e.Column), e.Err
	}
	return d.errorf(n, "when%s: %w; docs/method.md lists what a rule may ask", place, err)
}

// apply holds the site's rules against every finding.
func (h *hearing) apply() (reasons []landwaiter.Reason, conditions []landwaiter.Condition) {
	if len(h.m.Rules) == 0 {
		return nil, nil
	}
	c := rules.NewCase(&h.in.Subject, h.in.System, h.in.Packages, h.m.Tier, h.in.Now)
	met := make([]ruling, len(h.m.Rules))
	for _, f := range h.findings {
		q := c.About(asFound(f))
		for i := range h.m.Rules {
			met[i].add(f, &h.m.Rules[i], q)
		}
	}
	for i := range h.m.Rules {
		r := &h.m.Rules[i]
		if n := met[i].yes; n.N > 0 {
			n.Code, n.Outcome, n.Subject, n.Text = landwaiter.ReasonRule, r.Outcome, r.ID, r.Text
			reasons = append(reasons, n)
		}
		if n := met[i].unknown; n.N > 0 {
			n.Code, n.Outcome, n.Subject = landwaiter.ReasonRuleUnknown, landwaiter.CannotJudge, r.ID
			n.Text = fmt.Sprintf("%s (%s)", r.Text, met[i].why)
			reasons = append(reasons, n)
		}
		if r.Condition != nil && met[i].yes.N > 0 {
			conditions = append(conditions, r.condition(h))
		}
	}
	return reasons, conditions
}

// asFound returns f with the kind that it was found with: a waiver that makes it
// another kind lifts no rule. A rule that is to spare what was waived asks for that.
func asFound(f *landwaiter.Finding) *landwaiter.Finding {
	if f.WasKind == "" {
		return f
	}
	found := *f
	found.Kind = f.WasKind
	return &found
}

// ruling is what came of one rule.
type ruling struct {
	yes, unknown landwaiter.Reason
	why          string
}

func (g *ruling) add(f *landwaiter.Finding, r *Rule, q *rules.Question) {
	yes, err := r.compiled.Applies(q)
	n := &g.yes
	switch {
	case err != nil:
		n = &g.unknown
		if why := clip(err.Error()); g.why == "" || why < g.why {
			g.why = why
		}
	case !yes:
		return
	}
	n.N++
	if len(n.Findings) < maxExamples {
		n.Findings = append(n.Findings, f.ID)
	}
}

func (r *Rule) condition(h *hearing) landwaiter.Condition {
	days := r.Condition.Days
	if days == 0 {
		days = h.m.DueDays
	}
	return landwaiter.Condition{
		Code: condRule, What: r.ID, Owner: r.Condition.Owner, Check: r.Condition.Check, Text: r.Condition.Do,
		By: dayOf(h.in.Now).AddDate(0, 0, days),
	}
}
