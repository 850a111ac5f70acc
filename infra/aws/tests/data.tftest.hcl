# The database, its proxy, the tables.

mock_provider "aws" {
  source = "./tests/aws"
}

variables {
  database = {
    engine_version        = "18.1"
    instance_count        = 2
    capacity_min_acu      = 1
    capacity_max_acu      = 8
    connections_max       = 500
    backup_retention_days = 7
  }
  proxy_connections_percent = 70
}

run "in_production" {
  module {
    source = "./modules/data"
  }

  assert {
    condition     = aws_rds_cluster_parameter_group.this.family == "aurora-postgresql18"
    error_message = "The family follows the version."
  }

  assert {
    condition     = one([for each in aws_rds_cluster_parameter_group.this.parameter : each.value if each.name == "rds.force_ssl"]) == "1"
    error_message = "Nobody speaks plainly to it."
  }

  assert {
    condition     = one([for each in aws_rds_cluster_parameter_group.this.parameter : each.value if each.name == "max_connections"]) == "500"
    error_message = "The services' ceilings follow from this number."
  }

  assert {
    condition     = one([for each in aws_rds_cluster_parameter_group.this.parameter : each.value if each.name == "log_parameter_max_length_on_error"]) == "0"
    error_message = "No value of a statement is logged."
  }

  assert {
    condition     = toset([for each in aws_db_proxy.this.auth : each.iam_auth]) == toset(["REQUIRED"]) && aws_db_proxy.this.require_tls
    error_message = "No function has a password."
  }

  assert {
    condition     = !aws_db_proxy.this.debug_logging
    error_message = "It would log statements."
  }

  assert {
    condition     = length(local.service_roles) == 4 && length(setintersection(local.service_roles, local.other_roles)) == 0
    error_message = "The proxy knows four roles."
  }

  assert {
    condition     = aws_dynamodb_table.data_keys.point_in_time_recovery[0].recovery_period_in_days == 7
    error_message = "The keys' backups end after seven days."
  }

  assert {
    condition     = aws_dynamodb_table.identity.point_in_time_recovery[0].recovery_period_in_days == 35
    error_message = "Documents are kept as long as AWS can."
  }

  assert {
    condition     = aws_rds_cluster.this.deletion_protection && !aws_rds_cluster.this.skip_final_snapshot
    error_message = "Production refuses to be deleted."
  }
}
