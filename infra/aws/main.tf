# Tidemark on AWS. Each module is a subject; README.md says how to bring it up.

locals {
  name = "tidemark-${var.environment}"

  api_host     = "api.${var.domain}"
  app_host     = "app.${var.domain}"
  origin_host  = "origin-app.${var.domain}"
  dagster_host = "dagster.${var.domain}"
  api_url      = "https://${local.api_host}"
  app_url      = "https://${local.app_host}"

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
  zones              = var.network.zones
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

# For the load balancers.
module "certificate" {
  source  = "./modules/certificate"
  names   = [local.origin_host, local.dagster_host]
  zone_id = var.zone_id
}

# For CloudFront.
module "edge_certificate" {
  source    = "./modules/certificate"
  providers = { aws = aws.us_east_1 }
  names     = [local.api_host, local.app_host]
  zone_id   = var.zone_id
}

module "pipeline" {
  source                   = "./modules/pipeline"
  name                     = local.name
  region                   = var.region
  vpc_id                   = module.network.vpc_id
  subnet_ids               = module.network.private_subnet_ids
  security_group_ids       = module.network.security_group_ids
  data_key_arn             = module.keys.data_key_arn
  certificate_arn          = module.certificate.arn
  zone_id                  = var.zone_id
  host                     = local.dagster_host
  image_tag                = var.image_tag
  cpu                      = var.pipeline.cpu
  memory_mb                = var.pipeline.memory_mb
  is_protected             = var.database.is_protected
  time_zone                = var.time_zone
  cluster                  = module.data.cluster
  role_secret_arns         = module.data.role_secret_arns
  administrator_secret_arn = module.data.administrator_secret_arn
  operator_secret_arn      = module.keys.shared_secret_arns["operator"]
  identity_table           = module.data.identity_table
  data_key_table           = module.data.data_key_table
  log_retention_days       = var.log_retention_days
}

module "app" {
  source             = "./modules/app"
  name               = local.name
  region             = var.region
  vpc_id             = module.network.vpc_id
  subnet_ids         = module.network.private_subnet_ids
  public_subnet_ids  = module.network.public_subnet_ids
  security_group_ids = module.network.security_group_ids
  data_key_arn       = module.keys.data_key_arn
  certificate_arn    = module.certificate.arn
  zone_id            = var.zone_id
  image_tag          = var.image_tag
  cpu                = var.app.cpu
  memory_mb          = var.app.memory_mb
  count_min          = var.app.count_min
  count_max          = var.app.count_max
  is_protected       = var.database.is_protected
  api_url            = local.api_url
  app_url            = local.app_url
  origin_host        = local.origin_host
  ecs_cluster        = module.pipeline.ecs_cluster
  app_secret_arn     = module.keys.shared_secret_arns["app"]
  edge_secret        = module.keys.shared_secrets["edge"]
  logs_bucket        = module.data.logs_bucket.name
  log_retention_days = var.log_retention_days
}

module "edge" {
  source                 = "./modules/edge"
  providers              = { aws = aws, aws.us_east_1 = aws.us_east_1 }
  name                   = local.name
  api_host               = local.api_host
  app_host               = local.app_host
  api_origin             = module.gateway.host
  app_origin             = local.origin_host
  zone_id                = var.zone_id
  certificate_arn        = module.edge_certificate.arn
  edge_secret            = module.keys.shared_secrets["edge"]
  own_addresses          = module.network.nat_addresses
  requests_per_5_minutes = 3000
  logs_bucket_domain     = module.data.logs_bucket.domain
  log_retention_days     = var.log_retention_days
}

module "functions" {
  source                  = "./modules/functions"
  name                    = local.name
  region                  = var.region
  archives                = var.archives
  python                  = var.python
  subnet_ids              = module.network.private_subnet_ids
  security_group_ids      = module.network.security_group_ids
  data_key_arn            = module.keys.data_key_arn
  functions               = module.services.functions
  services                = var.services
  cluster                 = module.data.cluster
  service_connections_max = floor(var.database.connections_max * local.proxy_connections_percent / 100)
  capacity_min_acu        = var.database.capacity_min_acu
  capacity_max_acu        = var.database.capacity_max_acu
  dagster_host            = local.dagster_host
  operator_password       = module.keys.shared_secrets["operator"]
  time_zone               = var.time_zone
  log_retention_days      = var.log_retention_days
}

module "watch" {
  source            = "./modules/watch"
  name              = local.name
  data_key_arn      = module.keys.data_key_arn
  email             = var.alarm_email
  budget_usd        = var.budget_usd
  functions         = module.services.functions
  helpers           = module.functions.functions
  log_groups        = module.services.log_groups
  api_id            = module.gateway.api_id
  proxy_name        = module.data.proxy.name
  cluster_id        = module.data.cluster.id
  connections_max   = var.database.connections_max
  ecs_cluster       = module.pipeline.ecs_cluster.name
  dagster_service   = module.pipeline.service
  app_service       = module.app.service
  dead_letter_queue = module.functions.dead_letters.name
}
