import "../shared/styles/index.css";
import "./console.css";
import { render } from "preact";
import { SignedIn } from "../shared/components/signed-in";
import { start } from "../shared/router";
import "../shared/theme";
import { strings } from "../strings";
import { App } from "./app";

start("/console");
render(
  <SignedIn title={`${strings.product} ${strings.console.title}`}>
    <App />
  </SignedIn>,
  document.getElementById("app")!,
);
