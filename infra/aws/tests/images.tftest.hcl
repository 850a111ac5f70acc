# Repositories of images.

mock_provider "aws" {
  source = "./tests/aws"
}


run "a_tag_is_written_once" {
  module {
    source = "./modules/images"
  }

  assert {
    condition     = alltrue([for each in aws_ecr_repository.this : each.image_tag_mutability == "IMMUTABLE" && !each.force_delete])
    error_message = "What runs can't be replaced under its name, and production's is kept."
  }

  assert {
    condition     = toset(keys(output.repositories)) == toset(["dagster", "app"])
    error_message = "Dagster's and the app's."
  }
}
