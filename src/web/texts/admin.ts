import { type AdminTexts, adminEn } from "./en-admin.ts";

/** The admin panel's texts in the reader's language; apart from the chat's, which does not load them. */
export const adminTexts: AdminTexts = adminEn;
