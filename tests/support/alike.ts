/** Each text is found by each of the others of its line. */
export const ALIKE = [
  ["Łukasz", "łukasz", "lukasz", "ŁUKASZ", "LUKASZ"],
  ["Émile", "émile", "E\u0301mile", "emile", "EMILE"],
  ["Straße", "STRASSE", "strasse", "STRAẞE"],
  ["Όσος", "ὅσος", "οσοσ", "ΌΣΟΣ"],
  ["Сергей", "СЕРГЕЙ", "сергеи", "сергей"],
  ["Фёдор", "федор", "ФЁДОР"],
  ["İstanbul", "ISTANBUL", "istanbul", "ıstanbul"],
  ["Åsa Ørsted", "asa orsted", "ÅSA ØRSTED"],
  ["Þóra Æsa", "thora aesa", "ÞÓRA ÆSA"],
  ["Ｗｉｄｅ", "wide", "WIDE"],
  ["김민수", "김민수".normalize("NFD"), "김민"],
  ["O’Brien", "o'brien", "OʼBRIEN"],
  ["שָׁלוֹם", "שלום"],
  ["مُحَمَّد", "محمد"],
];
/** Marks that make another word. */
export const APART = [
  ["かき", "がき"],
  ["ไม่", "ไม้"],
  ["की", "का"],
];
