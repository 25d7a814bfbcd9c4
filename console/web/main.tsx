import { render } from "preact";
import { Page } from "./page";

const place = document.getElementById("page")!;
// Removes what the HTML shows until this script runs.
place.replaceChildren();
render(<Page />, place);
