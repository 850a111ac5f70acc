locals {
  widgets = [
    { title = "Requests", stat = "Sum", metrics = [for metric in ["Count", "4xx", "5xx"] : ["AWS/ApiGateway", metric, "ApiId", var.api_id]] },
    { title = "Latency, p99 (ms)", stat = "p99", metrics = [for metric in ["Latency", "IntegrationLatency"] : ["AWS/ApiGateway", metric, "ApiId", var.api_id]] },
    { title = "Instances at work", stat = "Maximum", metrics = [for function in var.functions : ["AWS/Lambda", "ConcurrentExecutions", "FunctionName", function.name]] },
    { title = "Requests turned away", stat = "Sum", metrics = [for function in var.functions : ["AWS/Lambda", "Throttles", "FunctionName", function.name]] },
    { title = "Database capacity (ACU)", stat = "Average", metrics = [["AWS/RDS", "ServerlessDatabaseCapacity", "DBClusterIdentifier", var.cluster_id]] },
    { title = "Database connections", stat = "Maximum", metrics = [
      ["AWS/RDS", "DatabaseConnections", "DBClusterIdentifier", var.cluster_id],
      ["AWS/RDS", "DatabaseConnectionsCurrentlySessionPinned", "ProxyName", var.proxy_name],
    ] },
    { title = "Tasks", stat = "Minimum", metrics = [
      for service in [var.dagster_service, var.app_service] :
      ["ECS/ContainerInsights", "RunningTaskCount", "ClusterName", var.ecs_cluster, "ServiceName", service]
    ] },
    { title = "Dead letters", stat = "Maximum", metrics = [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", var.dead_letter_queue]] },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.bank.name
  dashboard_body = jsonencode({
    widgets = [
      for index, widget in local.widgets : {
        type   = "metric"
        x      = 12 * (index % 2)
        y      = 6 * floor(index / 2)
        width  = 12
        height = 6
        properties = {
          title   = widget.title
          stat    = widget.stat
          period  = 60
          region  = data.aws_region.current.name
          metrics = widget.metrics
        }
      }
    ]
  })
}
