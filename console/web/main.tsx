import { render } from "preact";
import { Page } from "./page";

const place = document.getElementById("page")!;
// What the HTML shows until this runs.
place.replaceChildren();
render(<Page />, place);
