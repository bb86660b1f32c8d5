-- Written by hand, because drizzle-kit makes no storage parameters. A text of 2 to 8 kB stays in its row, as it is. To compress
-- it and to move it into a table of its own would take PostgreSQL more time than the rest of the send.
ALTER TABLE "messages" SET (toast_tuple_target = 8160);
