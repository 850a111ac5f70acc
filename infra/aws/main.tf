# Tidemark on AWS. Each module is a subject; README.md says how to bring it up.

locals {
  name    = "tidemark-${var.environment}"
  api_url = "https://api.${var.domain}"
  app_url = "https://app.${var.domain}"

  tags = {
    Application = "tidemark"
    Environment = var.environment
  }

  recovery_window_days = var.database.is_protected ? 30 : 0

  # Of the database's connections 70 in 100 are the services'; the rest is for the pipeline, migrations and people.
  proxy_connections_percent = 70
}

module "keys" {
  source               = "./modules/keys"
  name                 = local.name
  recovery_window_days = local.recovery_window_days
}

module "network" {
  source             = "./modules/network"
  name               = local.name
  region             = var.region
  cidr               = var.network.cidr
  zone_count         = var.network.zone_count
  is_nat_redundant   = var.network.is_nat_redundant
  data_key_arn       = module.keys.data_key_arn
  log_retention_days = var.log_retention_days
}

module "data" {
  source                    = "./modules/data"
  name                      = local.name
  region                    = var.region
  subnet_ids                = module.network.private_subnet_ids
  security_group_ids        = module.network.security_group_ids
  data_key_arn              = module.keys.data_key_arn
  engine_version            = var.database.engine_version
  instance_count            = var.database.instance_count
  capacity_min_acu          = var.database.capacity_min_acu
  capacity_max_acu          = var.database.capacity_max_acu
  connections_max           = var.database.connections_max
  proxy_connections_percent = local.proxy_connections_percent
  backup_retention_days     = var.database.backup_retention_days
  is_protected              = var.database.is_protected
  recovery_window_days      = local.recovery_window_days
  passwords_version         = var.passwords_version
  log_retention_days        = var.log_retention_days
}

module "services" {
  source             = "./modules/services"
  name               = local.name
  region             = var.region
  services           = var.services
  archives           = var.archives
  python             = var.python
  subnet_ids         = module.network.private_subnet_ids
  security_group_id  = module.network.security_group_ids["services"]
  proxy              = module.data.proxy
  api_url            = local.api_url
  identity_table     = module.data.identity_table
  data_key_table     = module.data.data_key_table
  data_key_arn       = module.keys.data_key_arn
  people_key_arn     = module.keys.people_key_arn
  edge_secret        = module.keys.shared_secrets["edge"]
  app_secret         = module.keys.shared_secrets["app"]
  log_retention_days = var.log_retention_days
}

module "gateway" {
  source             = "./modules/gateway"
  name               = local.name
  functions          = module.services.functions
  checks_tokens      = var.gateway_checks_tokens
  issuer             = local.api_url
  throttle           = var.throttle
  data_key_arn       = module.keys.data_key_arn
  log_retention_days = var.log_retention_days
}
