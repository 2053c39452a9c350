package inspect

// client is one row of the table of software that contacts others by itself.
type client struct {
	id string // what people call it
	// packages are its names, as "ecosystem:name"; a last "*" stands for any ending.
	packages []string
	// askedBy are variables by which an image asks for it.
	askedBy []string
	// does says what it sends or asks for.
	does string
	// off are variables that switch it off, offBy what else does.
	off   []string
	offBy string
	// source is where its maker says so.
	source string
}

// clients is that table. What only contacts others when it is told to, such as a
// library for web addresses or an installer, is not in it.
var clients = []client{
	// Research and machine learning.
	{"streamlit", names("python:streamlit", "conda:streamlit"), nil, "sends counts of use to its maker", names("STREAMLIT_BROWSER_GATHER_USAGE_STATS"), "", "https://docs.streamlit.io/develop/api-reference/configuration/config.toml"},
	{"gradio", names("python:gradio", "conda:gradio"), nil, "sends counts of use and looks for new versions", names("GRADIO_ANALYTICS_ENABLED"), "", "https://www.gradio.app/guides/environment-variables"},
	{"huggingface_hub", names("python:huggingface-hub", "conda:huggingface_hub"), nil, "fetches models and data by name, and tells its maker which", names("HF_HUB_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"), "", "https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables"},
	{"wandb", names("python:wandb", "conda:wandb"), nil, "sends the settings, results and output of runs to its maker's service", names("WANDB_MODE"), "", "https://docs.wandb.ai/guides/track/environment-variables/"},
	{"comet-ml", names("python:comet-ml", "conda:comet_ml"), nil, "sends the settings, results and output of runs to its maker's service", nil, "its offline mode", "https://www.comet.com/docs/v2/guides/experiment-management/offline-experiments/"},
	{"neptune", names("python:neptune", "python:neptune-client"), nil, "sends the settings, results and output of runs to its maker's service", names("NEPTUNE_MODE"), "", "https://docs.neptune.ai/"},
	{"clearml", names("python:clearml"), nil, "sends the settings, results and output of runs to its maker's service", names("CLEARML_OFFLINE_MODE"), "", "https://clear.ml/docs/latest/docs/configs/env_vars/"},
	{"mlflow", names("python:mlflow", "python:mlflow-skinny", "conda:mlflow"), nil, "sends counts of use to its maker, from version 3.2 on", names("MLFLOW_DISABLE_TELEMETRY", "DO_NOT_TRACK"), "", "https://mlflow.org/docs/latest/community/usage-tracking/"},
	{"ray", names("python:ray", "conda:ray-core"), nil, "sends counts of use and facts about the machine to its maker", names("RAY_USAGE_STATS_ENABLED"), "", "https://docs.ray.io/en/latest/cluster/usage-stats.html"},
	{"vllm", names("python:vllm"), nil, "sends counts of use and facts about the machine to its maker", names("VLLM_NO_USAGE_STATS", "VLLM_DO_NOT_TRACK", "DO_NOT_TRACK"), "", "https://docs.vllm.ai/en/latest/usage/usage_stats.html"},
	{"ultralytics", names("python:ultralytics"), nil, "sends counts of use and crash reports to its maker, and fetches models", nil, "sync in its settings", "https://docs.ultralytics.com/help/privacy/"},
	{"chromadb", names("python:chromadb"), nil, "sends counts of use to its maker", names("ANONYMIZED_TELEMETRY"), "", "https://docs.trychroma.com/docs/overview/telemetry"},
	{"haystack", names("python:haystack-ai", "python:farm-haystack"), nil, "sends counts of use to its maker", names("HAYSTACK_TELEMETRY_ENABLED"), "", "https://docs.haystack.deepset.ai/docs/telemetry"},
	{"dvc", names("python:dvc", "conda:dvc"), nil, "sends counts of use and looks for new versions", names("DVC_NO_ANALYTICS"), "", "https://dvc.org/doc/user-guide/analytics"},
	{"great-expectations", names("python:great-expectations"), nil, "sends counts of use to its maker", names("GX_ANALYTICS_ENABLED"), "", "https://docs.greatexpectations.io/"},
	{"feast", names("python:feast"), nil, "sends counts of use to its maker", names("FEAST_USAGE"), "", "https://docs.feast.dev/reference/usage"},
	{"nextflow", names("conda:nextflow"), nil, "fetches its plug-ins and looks for new versions when it starts", names("NXF_OFFLINE"), "", "https://www.nextflow.io/docs/latest/reference/env-vars.html"},
	{"jupyterlab", names("python:jupyterlab", "conda:jupyterlab"), nil, "looks for a newer version of itself when a person opens it, from version 4 on", nil, "checkForUpdates in its settings", "https://jupyterlab.readthedocs.io/en/stable/user/announcements.html"},
	{"anaconda-anon-usage", names("python:anaconda-anon-usage", "conda:anaconda-anon-usage"), nil, "marks each request of conda, so that its maker can count machines and sessions", names("CONDA_ANACONDA_ANON_USAGE", "ANACONDA_ANON_USAGE"), "", "https://github.com/anaconda/anaconda-anon-usage"},

	// Data pipelines.
	{"dagster", names("python:dagster"), nil, "sends counts of use to its maker", names("DAGSTER_DISABLE_TELEMETRY"), "", "https://docs.dagster.io/about/telemetry"},
	{"prefect", names("python:prefect"), nil, "sends counts of use to its maker", names("PREFECT_SERVER_ANALYTICS_ENABLED", "DO_NOT_TRACK"), "", "https://docs.prefect.io/"},
	{"dbt", names("python:dbt-core"), nil, "sends counts of use to its maker", names("DBT_SEND_ANONYMOUS_USAGE_STATS", "DO_NOT_TRACK"), "", "https://docs.getdbt.com/reference/global-configs/usage-stats"},
	{"meltano", names("python:meltano"), nil, "sends counts of use to its maker", names("MELTANO_SEND_ANONYMOUS_USAGE_STATS"), "", "https://docs.meltano.com/reference/settings/"},
	{"airflow", names("python:apache-airflow"), nil, "sends its version and facts about the machine to a counting service, from version 2.10 on", names("SCARF_ANALYTICS", "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED"), "", "https://airflow.apache.org/docs/apache-airflow/stable/faq.html"},

	// For those who write programs.
	{"dotnet", names("dpkg:dotnet-sdk-*", "rpm:dotnet-sdk-*", "apk:dotnet*-sdk"), nil, "sends which commands are used to its maker", names("DOTNET_CLI_TELEMETRY_OPTOUT"), "", "https://learn.microsoft.com/en-us/dotnet/core/tools/telemetry"},
	{"powershell", names("dpkg:powershell", "rpm:powershell"), nil, "sends counts of use to its maker", names("POWERSHELL_TELEMETRY_OPTOUT"), "", "https://learn.microsoft.com/en-us/powershell/module/microsoft.powershell.core/about/about_telemetry"},
	{"homebrew", names("homebrew:*"), nil, "sends counts of use when it installs, and updates itself first", names("HOMEBREW_NO_ANALYTICS"), "", "https://docs.brew.sh/Analytics"},
	{"vscode", names("dpkg:code", "rpm:code", "npm:code-server", "dpkg:code-server", "vscode:*"), nil, "sends counts of use, looks for new versions, and fetches extensions", nil, "telemetry.telemetryLevel in its settings", "https://code.visualstudio.com/docs/configure/telemetry"},
	{"azure-cli", names("python:azure-cli", "dpkg:azure-cli", "rpm:azure-cli"), nil, "sends which commands are used to its maker", names("AZURE_CORE_COLLECT_TELEMETRY"), "", "https://learn.microsoft.com/en-us/cli/azure/azure-cli-configuration"},
	{"aws-sam-cli", names("python:aws-sam-cli"), nil, "sends which commands are used to its maker", names("SAM_CLI_TELEMETRY"), "", "https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-telemetry.html"},
	{"terraform", names("dpkg:terraform", "rpm:terraform", "apk:terraform"), nil, "asks its maker for new versions", names("CHECKPOINT_DISABLE"), "", "https://developer.hashicorp.com/terraform/cli/commands"},
	{"next", names("npm:next"), nil, "sends counts of use to its maker", names("NEXT_TELEMETRY_DISABLED"), "", "https://nextjs.org/telemetry"},
	{"nuxt", names("npm:@nuxt/telemetry"), nil, "sends counts of use to its maker", names("NUXT_TELEMETRY_DISABLED"), "", "https://github.com/nuxt/telemetry"},
	{"gatsby", names("npm:gatsby", "npm:gatsby-telemetry"), nil, "sends counts of use to its maker", names("GATSBY_TELEMETRY_DISABLED"), "", "https://www.gatsbyjs.com/docs/telemetry/"},
	{"angular", names("npm:@angular/cli"), nil, "sends counts of use where a person agreed to it", names("NG_CLI_ANALYTICS"), "", "https://angular.dev/cli/analytics"},
	{"storybook", names("npm:storybook"), nil, "sends counts of use and looks for new versions", names("STORYBOOK_DISABLE_TELEMETRY"), "", "https://storybook.js.org/docs/configure/telemetry"},
	{"astro", names("npm:astro"), nil, "sends counts of use to its maker", names("ASTRO_TELEMETRY_DISABLED"), "", "https://astro.build/telemetry/"},
	{"update-notifier", names("npm:update-notifier"), nil, "asks a registry for a newer version of the program that uses it", names("NO_UPDATE_NOTIFIER"), "", "https://github.com/yeoman/update-notifier"},

	// Parts that report to whoever wrote the program around them.
	{"sentry", names("python:sentry-sdk", "npm:@sentry/node", "npm:@sentry/browser"), nil, "sends crash reports, where the program around it names an address", nil, "", "https://docs.sentry.io/platforms/python/"},
	{"posthog", names("python:posthog", "npm:posthog-node", "npm:posthog-js"), nil, "sends counts of use, where the program around it names an address", nil, "", "https://posthog.com/docs/libraries/python"},

	// Services and systems.
	{"grafana", names("dpkg:grafana", "rpm:grafana", "dpkg:grafana-enterprise", "rpm:grafana-enterprise"), nil, "sends counts of use and looks for new versions", names("GF_ANALYTICS_REPORTING_ENABLED"), "", "https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/"},
	{"influxdb", names("dpkg:influxdb2", "rpm:influxdb2", "dpkg:influxdb", "rpm:influxdb"), nil, "sends counts of use to its maker", names("INFLUXD_REPORTING_DISABLED", "INFLUXDB_REPORTING_DISABLED"), "", "https://docs.influxdata.com/influxdb/v2/reference/config-options/"},
	{"netdata", names("dpkg:netdata", "rpm:netdata", "apk:netdata"), nil, "sends counts of use to its maker", names("DISABLE_TELEMETRY", "DO_NOT_TRACK"), "", "https://learn.netdata.cloud/docs/netdata-agent/anonymous-telemetry-events"},
	{"web browser", names("dpkg:chromium", "dpkg:chromium-browser", "dpkg:google-chrome-stable", "dpkg:firefox", "dpkg:firefox-esr", "dpkg:microsoft-edge-stable", "rpm:chromium", "rpm:google-chrome-stable", "rpm:firefox", "apk:chromium", "apk:firefox", "apk:firefox-esr"), nil, "asks its maker for updates and for lists of unsafe pages", nil, "its maker's policies for organisations", "https://support.mozilla.org/en-US/kb/how-stop-firefox-making-automatic-connections"},
	{"popularity-contest", names("dpkg:popularity-contest"), nil, "sends the list of installed packages, where a person agreed to it", nil, "its settings file", "https://popcon.debian.org/FAQ"},
	{"automatic updates", names("dpkg:unattended-upgrades", "rpm:dnf-automatic", "dpkg:snapd"), nil, "fetches and installs updates by itself, where the system's timers run", nil, "taking it out", "https://wiki.debian.org/UnattendedUpgrades"},

	// Licence servers.
	{"licence server", names("matlab:*", "sas:*", "spss:*"), names("LM_LICENSE_FILE", "MLM_LICENSE_FILE", "SAS_LICENSE", "RLM_LICENSE"), "asks a licence server whether it may run", nil, "", "https://www.mathworks.com/help/install/license/"},
}

func names(list ...string) []string { return list }
