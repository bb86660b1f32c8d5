/** A module that imports a style sheet brings its rules along. The import has no value. */
declare module "*.css" {}
