# Where images are pushed to: Dagster's, and the app's.

resource "aws_ecr_repository" "this" {
  for_each             = toset(["dagster", "app"])
  name                 = "${var.bank.name}/${each.value}"
  image_tag_mutability = "IMMUTABLE"
  force_delete         = !var.bank.is_protected

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.bank.data_key_arn
  }
}
