await Console.Error.WriteLineAsync("usage: HeliosSync.Load <scenario>; there is no scenario yet.");
return 2;
