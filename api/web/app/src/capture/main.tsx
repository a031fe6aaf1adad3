import "../shared/styles/index.css";
import "./capture.css";
import { render } from "preact";
import { start } from "../shared/router";
import "../shared/theme";
import { App } from "./app";
import { offerInstall } from "./install";

start("/capture");
offerInstall();
render(<App />, document.getElementById("app")!);
