import { Button } from "../../design/button.tsx";
import { replyTexts } from "../../texts/replies.ts";
import "./back-button.css";

/** Leads back to the place from which the reader has followed a quote, or to the results of a search. */
export const BackButton = () => (
  <div class="quote-back">
    <Button kind="quiet" icon="back" onClick={() => history.back()}>
      {history.state?.isFound === true ? replyTexts.backToResults : replyTexts.back}
    </Button>
  </div>
);
