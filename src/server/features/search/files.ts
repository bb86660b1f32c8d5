import { z } from "zod";

const files = z.array(z.object({ name: z.string(), type: z.string(), alt: z.string().optional() }));

/** The files of a message, from its field. A newer release may write them otherwise: then they are not found. */
export const filesOf = (field: unknown) => (field == null ? [] : (files.safeParse(field).data ?? []));
