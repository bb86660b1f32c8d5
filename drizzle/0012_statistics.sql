CREATE TABLE "statistics" (
	"day" date PRIMARY KEY NOT NULL,
	"messages" bigint NOT NULL
);
