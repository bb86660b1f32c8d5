/** The database's folder in DATA_DIR. */
export const CLUSTER = "db";
