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

  # What most modules are told.
  bank = {
    name                 = local.name
    region               = var.region
    data_key_arn         = module.keys.data_key_arn
    log_retention_days   = var.log_retention_days
    is_protected         = var.database.is_protected
    recovery_window_days = local.recovery_window_days
  }

  # What some are told.
  package = { folder = var.archives, python = var.python }
  images  = { for name, repository in module.images.repositories : name => merge(repository, { tag = var.image_tag }) }
  people = {
    identity_table = module.data.identity_table
    data_key_table = module.data.data_key_table
    key_arn        = module.keys.people_key_arn
  }
  database = {
    cluster      = module.data.cluster
    role_secrets = module.data.role_secrets
    ca           = file(var.database_ca)
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
  source       = "./modules/network"
  bank         = local.bank
  cidr         = var.network.cidr
  zones        = var.network.zones
  is_redundant = var.network.is_redundant
}

module "data" {
  source                    = "./modules/data"
  bank                      = local.bank
  network                   = module.network
  database                  = var.database
  proxy_connections_percent = local.proxy_connections_percent
}

module "services" {
  source      = "./modules/services"
  bank        = local.bank
  network     = module.network
  services    = var.services
  package     = local.package
  proxy       = module.data.proxy
  api_url     = local.api_url
  people      = local.people
  edge_secret = module.keys.shared_secrets["edge"]
  app_secret  = module.keys.shared_secrets["app"]
}

module "gateway" {
  source        = "./modules/gateway"
  bank          = local.bank
  functions     = module.services.functions
  checks_tokens = var.is_running
  issuer        = local.api_url
  throttle      = var.throttle
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

module "images" {
  source = "./modules/images"
  bank   = local.bank
}

module "pipeline" {
  source                   = "./modules/pipeline"
  bank                     = local.bank
  network                  = module.network
  certificate_arn          = module.certificate.arn
  zone_id                  = var.zone_id
  host                     = local.dagster_host
  image                    = local.images["dagster"]
  size                     = var.pipeline
  time_zone                = var.time_zone
  database                 = local.database
  administrator_secret_arn = module.data.administrator_secret_arn
  operator_secret_arn      = module.keys.shared_secret_arns["operator"]
  people                   = local.people
}

module "app" {
  source          = "./modules/app"
  bank            = local.bank
  network         = module.network
  certificate_arn = module.certificate.arn
  zone_id         = var.zone_id
  image           = local.images["app"]
  size            = { cpu = var.app.cpu, memory_mb = var.app.memory_mb }
  tasks           = { least = var.app.count_min, most = var.app.count_max }
  api_url         = local.api_url
  app_url         = local.app_url
  origin_host     = local.origin_host
  ecs_cluster     = module.pipeline.ecs_cluster
  app_secret_arn  = module.keys.shared_secret_arns["app"]
  edge_secret     = module.keys.shared_secrets["edge"]
  logs_bucket     = module.data.logs_bucket.name
}

module "edge" {
  source                 = "./modules/edge"
  providers              = { aws = aws, aws.us_east_1 = aws.us_east_1 }
  bank                   = local.bank
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
}

module "functions" {
  source    = "./modules/functions"
  bank      = local.bank
  network   = module.network
  package   = local.package
  functions = module.services.functions
  services  = var.services
  database  = local.database
  limits = {
    connections      = floor(var.database.connections_max * local.proxy_connections_percent / 100)
    capacity_min_acu = var.database.capacity_min_acu
    capacity_max_acu = var.database.capacity_max_acu
  }
  dagster_host      = local.dagster_host
  operator_password = module.keys.shared_secrets["operator"]
  time_zone         = var.time_zone
  changes_passwords = var.is_running
}

module "watch" {
  source            = "./modules/watch"
  bank              = local.bank
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
