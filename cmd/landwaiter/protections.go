package main

import "github.com/spf13/cobra"

// placeFlags say where the software would run.
type placeFlags struct{ tre, tier, project string }

func (f *placeFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.tre, "tre", "", "the `name` of the research environment, as the protections file has it (default that file's own)")
	cmd.Flags().StringVar(&f.tier, "tier", "", "the `name` of the tier that it would run in, as the method and the protections have it")
	cmd.Flags().StringVar(&f.project, "project", "", "the `name` of the project that it is for, as waivers and exceptions have it")
}
