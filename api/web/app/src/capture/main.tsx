import "../shared/styles/index.css";
import { render } from "preact";
import { start } from "../shared/router";
import "../shared/theme";
import { App } from "./app";

start("/capture");
render(<App />, document.getElementById("app")!);
