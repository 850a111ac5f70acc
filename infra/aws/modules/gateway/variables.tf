variable "bank" {
  description = "What all parts of a bank have in common."
  type = object({
    name               = string
    data_key_arn       = string
    log_retention_days = number
  })
}

variable "functions" {
  description = "By service: what to call."
  type = map(object({
    name       = string
    arn        = string
    alias      = string
    alias_arn  = string
    invoke_arn = string
  }))
}

variable "checks_tokens" {
  description = "Whether it has the JWT authorizer."
  type        = bool
}

variable "issuer" {
  description = "The tokens' `iss`."
  type        = string
}

variable "audience" {
  description = "The tokens' `aud`: what api/shared/settings.py has by default."
  type        = string
  default     = "tidemark"
}

variable "throttle" {
  description = "Requests a second in all, and how many at once beyond."
  type = object({
    rate  = number
    burst = number
  })
}
