import { KeySheet } from "../keyboard/key-sheet.tsx";

export const KeyboardPart = () => <KeySheet heading="h2" />;
