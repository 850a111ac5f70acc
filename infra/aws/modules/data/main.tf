# Aurora behind RDS Proxy, and the secrets of its roles.

locals {
  port          = 5432
  secret_prefix = "${var.bank.name}/database/"

  # infra/local/databases.py makes these roles; a test compares.
  service_roles = toset(["users_app", "accounts_app", "stats_app", "events_app"])
  other_roles = toset([
    "users_owner", "accounts_owner", "stats_owner", "events_owner", "pipeline_owner",
    "extractor", "publisher", "warehouse", "dagster", "analyst",
  ])
}

resource "aws_db_subnet_group" "this" {
  name       = var.bank.name
  subnet_ids = var.network.private_subnet_ids
}

resource "aws_rds_cluster_parameter_group" "this" {
  name   = var.bank.name
  family = "aurora-postgresql${split(".", var.database.engine_version)[0]}"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  # A number of its own, not one that grows with capacity: the services' ceilings follow from it.
  parameter {
    name         = "max_connections"
    value        = tostring(var.database.connections_max)
    apply_method = "pending-reboot"
  }

  # Whoever changes tables, and slow statements without their values.
  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  parameter {
    name  = "log_parameter_max_length"
    value = "0"
  }

  parameter {
    name  = "log_parameter_max_length_on_error"
    value = "0"
  }
}

resource "aws_rds_cluster" "this" {
  #checkov:skip=CKV2_AWS_8: The cluster goes back to any moment of its retention by itself.
  cluster_identifier                  = var.bank.name
  engine                              = "aurora-postgresql"
  engine_mode                         = "provisioned"
  engine_version                      = var.database.engine_version
  port                                = local.port
  master_username                     = "tidemark_admin"
  manage_master_user_password         = true # and changed by RDS each week
  master_user_secret_kms_key_id       = var.bank.data_key_arn
  db_subnet_group_name                = aws_db_subnet_group.this.name
  vpc_security_group_ids              = [var.network.security_group_ids.database]
  db_cluster_parameter_group_name     = aws_rds_cluster_parameter_group.this.name
  iam_database_authentication_enabled = true
  storage_encrypted                   = true
  kms_key_id                          = var.bank.data_key_arn
  backup_retention_period             = var.database.backup_retention_days
  preferred_backup_window             = "02:00-02:30"
  preferred_maintenance_window        = "sun:03:00-sun:03:30"
  copy_tags_to_snapshot               = true
  deletion_protection                 = var.bank.is_protected
  skip_final_snapshot                 = !var.bank.is_protected
  final_snapshot_identifier           = var.bank.is_protected ? "${var.bank.name}-last" : null
  enabled_cloudwatch_logs_exports     = ["postgresql"]

  serverlessv2_scaling_configuration {
    min_capacity = var.database.capacity_min_acu
    max_capacity = var.database.capacity_max_acu
  }

  lifecycle {
    # The scaler raises and lowers the floor.
    ignore_changes = [serverlessv2_scaling_configuration]
  }

  depends_on = [aws_cloudwatch_log_group.database]
}

resource "aws_rds_cluster_instance" "this" {
  #checkov:skip=CKV_AWS_118: Enhanced monitoring is for the operating system, which is not ours; Performance Insights is on.
  count                           = var.database.instance_count
  identifier                      = "${var.bank.name}-${count.index + 1}"
  cluster_identifier              = aws_rds_cluster.this.id
  engine                          = aws_rds_cluster.this.engine
  engine_version                  = aws_rds_cluster.this.engine_version
  instance_class                  = "db.serverless"
  ca_cert_identifier              = "rds-ca-rsa2048-g1" # var.database_ca of whoever connects
  db_subnet_group_name            = aws_db_subnet_group.this.name
  publicly_accessible             = false
  auto_minor_version_upgrade      = true
  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.bank.data_key_arn
  copy_tags_to_snapshot           = true
}

resource "aws_cloudwatch_log_group" "database" {
  name              = "/aws/rds/cluster/${var.bank.name}/postgresql"
  retention_in_days = var.bank.log_retention_days
  kms_key_id        = var.bank.data_key_arn
}

# Their passwords: `prepare` makes them up, the function `rotation` changes them. Terraform never knows one.
resource "aws_secretsmanager_secret" "role" {
  #checkov:skip=CKV2_AWS_57: module.functions has the schedule, once the bank runs.
  for_each                = setunion(local.service_roles, local.other_roles)
  name                    = "${local.secret_prefix}${each.value}"
  description             = "The database role ${each.value}."
  kms_key_id              = var.bank.data_key_arn
  recovery_window_in_days = var.bank.recovery_window_days
}
