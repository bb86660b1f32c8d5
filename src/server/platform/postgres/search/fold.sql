-- A text as searches see it, the same in any locale of the database. It is in lower case and has no marks on Latin, Greek,
-- Cyrillic, Hebrew and Arabic letters. ß becomes ss; a ligature or a wide letter becomes the plain letters. Marks of other
-- scripts stay, because there they make another word. Invisible characters are left out.
CREATE OR REPLACE FUNCTION confab_fold(p_text text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length(p_text) = char_length(p_text) THEN lower(p_text COLLATE "C")
  ELSE normalize(replace(replace(replace(replace(confab_fold_letters(
    regexp_replace(
      lower(normalize(p_text, NFKD) COLLATE "C"),
      '[\u00ad\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u2060-\u2064\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff]',
      '', 'g'
    )
  ), 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th'), NFC)
END;
