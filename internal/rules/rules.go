// Package rules holds a site's own rules against findings. A rule is an
// expression in the Common Expression Language (CEL) over one finding, which
// says whether the rule applies to it. It reads nothing, keeps nothing, and
// knows no clock but the one that it is given.
//
// Language: https://github.com/google/cel-spec
package rules

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/types"

	"github.com/landwaiter/landwaiter"
)

// Caps on rules.
const (
	// MaxExpression is the longest expression, in bytes.
	MaxExpression = 2000
	// maxCost is the work that a rule may do for one finding, in CEL's units: a
	// comparison is about one. A finding in a thousand packages takes some ten
	// thousand.
	maxCost  = 200_000
	maxNodes = 2000
	maxDepth = 60
	maxRegex = 1000 // instructions
)

// Error is damage in an expression.
type Error struct {
	Column int // from 1; 0 where no place applies
	Err    error
}

func (e *Error) Error() string {
	if e.Column == 0 {
		return e.Err.Error()
	}
	return fmt.Sprintf("character %d: %v", e.Column, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Rule is a compiled expression.
type Rule struct{ program cel.Program }

// Compiler makes rules of expressions.
type Compiler struct{ env *cel.Env }

// NewCompiler returns a compiler that knows the fields of findings, packages,
// subjects and systems by the names that they have in the JSON of an assessment.
func NewCompiler() (*Compiler, error) {
	registry, err := types.NewRegistry()
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	p := &provider{Provider: registry, structs: fieldsOf()}
	e, err := cel.NewCustomEnv(
		cel.StdLib(cel.StdLibSubset(env.NewLibrarySubset().AddExcludedFunctions(zones()...))),
		cel.CustomTypeProvider(p),
		cel.Variable("finding", cel.ObjectType("Finding")),
		cel.Variable("packages", cel.ListType(cel.ObjectType("Package"))),
		cel.Variable("subject", cel.ObjectType("Subject")),
		cel.Variable("system", cel.ObjectType("System")),
		cel.Variable("tier", cel.StringType),
		cel.Variable("now", cel.TimestampType),
		cel.DefaultUTCTimeZone(true),
		cel.CrossTypeNumericComparisons(true),
		cel.ParserExpressionSizeLimit(MaxExpression),
		cel.ParserRecursionLimit(maxDepth),
		cel.ExpressionNodeLimit(maxNodes),
		cel.RegexProgramSizeLimit(maxRegex),
	)
	if err != nil {
		return nil, fmt.Errorf("rules: %w", err)
	}
	return &Compiler{e}, nil
}

// zones are the functions that would ask this machine's table of time zones,
// which another machine may not have.
func zones() []*env.Function {
	var out []*env.Function
	for name, overload := range map[string]string{
		"getFullYear": "timestamp_to_year_with_tz", "getMonth": "timestamp_to_month_with_tz",
		"getDayOfYear": "timestamp_to_day_of_year_with_tz", "getDayOfMonth": "timestamp_to_day_of_month_with_tz",
		"getDate": "timestamp_to_day_of_month_1_based_with_tz", "getDayOfWeek": "timestamp_to_day_of_week_with_tz",
		"getHours": "timestamp_to_hours_with_tz", "getMinutes": "timestamp_to_minutes_with_tz",
		"getSeconds": "timestamp_to_seconds_tz", "getMilliseconds": "timestamp_to_milliseconds_with_tz",
	} {
		out = append(out, env.NewFunction(name, env.NewOverload(overload, nil, nil)))
	}
	return out
}

// Compile reads an expression, which must answer yes or no. What is wrong with
// it is an *Error.
func (c *Compiler) Compile(expression string) (*Rule, error) {
	if len(expression) > MaxExpression {
		return nil, &Error{Err: fmt.Errorf("%d bytes, and the limit is %d", len(expression), MaxExpression)}
	}
	ast, issues := c.env.Compile(expression)
	if issues != nil && issues.Err() != nil {
		first := issues.Errors()[0]
		return nil, &Error{Column: max(first.Location.Column(), 0) + 1, Err: errors.New(oneLine(first.Message))}
	}
	if !ast.OutputType().IsExactType(cel.BoolType) {
		return nil, &Error{Err: fmt.Errorf("it answers with %s; make it answer yes or no, such as with ==", ast.OutputType())}
	}
	program, err := c.env.Program(ast, cel.CostLimit(maxCost), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, &Error{Err: errors.New(oneLine(err.Error()))}
	}
	return &Rule{program}, nil
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// Case is what all findings of one assessment share.
type Case struct {
	vars     map[string]any
	packages map[string]*landwaiter.Package
	made     map[string]any // packages as rules see them, by ID
}

// NewCase returns the case of one subject. Without a system, no rule can ask
// about one.
func NewCase(subject *landwaiter.Subject, system *landwaiter.System, packages []landwaiter.Package, tier string, now time.Time) *Case {
	c := &Case{
		vars:     map[string]any{"subject": plain(subject), "tier": tier, "now": now.UTC()},
		packages: make(map[string]*landwaiter.Package, len(packages)),
		made:     make(map[string]any),
	}
	if system != nil {
		c.vars["system"] = plain(system)
	}
	for i := range packages {
		c.packages[packages[i].ID] = &packages[i]
	}
	return c
}

// Question is one finding as rules see it.
type Question struct{ vars map[string]any }

// About prepares f. Where the case does not hold one of its packages, no rule
// can ask about packages: the one that is missing may be the one that counts.
func (c *Case) About(f *landwaiter.Finding) *Question {
	vars := map[string]any{"finding": plain(f)}
	for name, v := range c.vars {
		vars[name] = v
	}
	packages := make([]any, 0, len(f.Packages))
	for _, id := range f.Packages {
		p, ok := c.packages[id]
		if !ok {
			return &Question{vars}
		}
		if c.made[id] == nil {
			c.made[id] = plain(p)
		}
		packages = append(packages, c.made[id])
	}
	vars["packages"] = packages
	return &Question{vars}
}

// Applies reports whether r applies. An error says that nobody can tell: the
// rule asks for something that is not known, or for too much work. A rule that
// was never compiled cannot tell either.
func (r *Rule) Applies(q *Question) (bool, error) {
	if r == nil {
		return false, errors.New("the rule was not compiled")
	}
	out, _, err := r.program.Eval(q.vars)
	if err != nil {
		return false, errors.New(oneLine(err.Error()))
	}
	yes, ok := out.Value().(bool)
	if !ok {
		return false, fmt.Errorf("it answers with %s", out.Type().TypeName())
	}
	return yes, nil
}
