-- depends_on: {{ ref('stats_daily') }}, {{ ref('stats_weekly') }}, {{ ref('stats_monthly') }}
{{ described_metrics() }}
